package media

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"pgregory.net/rapid"
)

// pattern reads "++-+": what came, and what did not.
func pattern(text string) []bool {
	var came []bool
	for _, c := range text {
		came = append(came, c == '+')
	}
	return came
}

func (t tally) String() string {
	return strings.Repeat("-", t.lost) + strings.Repeat("+", t.expected-t.lost)
}

func TestTally(t *testing.T) {
	for text, want := range map[string]tally{
		"":             {},
		"++++":         {4, 0, 0},
		"+-+-":         {4, 2, 2},
		"---+--+++-++": {12, 6, 3},
	} {
		if got, _ := count(pattern(text), false); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	if got, missing := count(pattern("--+-"), true); got.runs != 1 || !missing {
		t.Errorf("a run that goes on counts again: %+v", got)
	}
}

// Loss "of late" forgets.
func TestWindowForgets(t *testing.T) {
	var w window
	w.add(tally{50, 25, 5})
	for range lately - 1 {
		w.add(tally{expected: 50})
	}
	if got := w.sum(); got.percent() != 10 || got.burst() != 5 {
		t.Errorf("%v %%, runs of %v; want 10, 5", got.percent(), got.burst())
	}
	w.add(tally{expected: 50})
	if got := w.sum(); got.percent() != 0 || got.burst() != 0 {
		t.Errorf("%v %%, runs of %v after all of it is long ago", got.percent(), got.burst())
	}
}

func TestArrivals(t *testing.T) {
	var a arrivals
	for _, n := range []uint16{65533, 65534, 1, 0, 2, 5, 6, 7, 8, 9, 10, 11, 12} { // 65535, 3 and 4 are missing
		if !a.add(n) {
			t.Errorf("%d counts as known", n)
		}
	}
	if a.add(5) {
		t.Error("what came twice counts twice")
	}
	if !a.missing(3) || a.missing(5) || a.missing(13) {
		t.Error("what is missing is not known")
	}
	begin, came := a.pattern()
	if want := pattern("++-+++--+++"); begin != 65533 || !slices.Equal(came, want) {
		t.Errorf("from %d: %v, want %v", begin, came, want)
	}
	if _, again := a.pattern(); len(again) != 0 {
		t.Errorf("told twice: %v", again)
	}
	a.add(40000)
	if !a.add(40001) || a.missing(3) {
		t.Error("a peer that began anew is not followed")
	}
}

// What one side reports is what the other reads, whatever it is.
func TestLossReportsComeThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		came := rapid.SliceOfN(rapid.Bool(), 1, arrivalsKept/2).Draw(t, "came")
		begin := rapid.Uint16().Draw(t, "begin")
		raw, err := (&rtcp.ExtendedReport{Reports: []rtcp.ReportBlock{lossReport(7, begin, came)}}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var x rtcp.ExtendedReport
		if err := x.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		block, ok := x.Reports[0].(*rtcp.LossRLEReportBlock)
		if !ok || block.SSRC != 7 || block.BeginSeq != begin || !slices.Equal(readLoss(block), came) {
			t.Fatalf("got %+v", x.Reports[0])
		}
	})
}

// Others report runs, and nobody's report is longer than it may be.
func TestLossReportsOfOthers(t *testing.T) {
	run := func(received, length uint16) rtcp.Chunk { return rtcp.Chunk(received<<14 | length) }
	for name, tt := range map[string]struct {
		block rtcp.LossRLEReportBlock
		want  tally
	}{
		"runs":              {rtcp.LossRLEReportBlock{EndSeq: 50, Chunks: []rtcp.Chunk{run(1, 20), run(0, 3), run(1, 27), 0}}, tally{50, 3, 1}},
		"thinned out":       {rtcp.LossRLEReportBlock{T: 2, EndSeq: 50, Chunks: []rtcp.Chunk{run(1, 50)}}, tally{}},
		"an endless run":    {rtcp.LossRLEReportBlock{BeginSeq: 1, Chunks: []rtcp.Chunk{run(0, 0x3FFF), run(0, 0x3FFF)}}, tally{512, 512, 1}},
		"more than its end": {rtcp.LossRLEReportBlock{EndSeq: 4, Chunks: []rtcp.Chunk{0xFFFF, 0xFFFF}}, tally{expected: 4}},
		"an early end":      {rtcp.LossRLEReportBlock{EndSeq: 400, Chunks: []rtcp.Chunk{0xFFFF, 0, 0xFFFF}}, tally{expected: 15}},
		"nothing":           {rtcp.LossRLEReportBlock{}, tally{}},
	} {
		if got, _ := count(readLoss(&tt.block), false); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// Bursts and gaps as RFC 3611 §4.7.2 tells them apart.
func TestBursts(t *testing.T) {
	calm := strings.Repeat("+", gmin)
	for _, tt := range []struct {
		text                     string
		inBursts, inGaps         uint8
		burstPackets, gapPackets int
	}{
		{calm, 0, 0, 0, 16},
		{calm + "-" + calm + "-" + calm, 0, 2 * 256 / 50, 0, 50},
		{calm + "--" + calm, 255, 0, 2, 16},
		{calm + "-++-" + calm, 128, 0, 4, 16},
	} {
		a, b, burst, gap := bursts(pattern(tt.text))
		if a != tt.inBursts || b != tt.inGaps || burst != tt.burstPackets || gap != tt.gapPackets {
			t.Errorf("%s: %d of 256 in bursts of %d, %d of 256 in gaps of %d", tt.text, a, burst, b, gap)
		}
	}
}

// How we hear the other side, as RFC 3611 §4.7 writes it.
func TestImpression(t *testing.T) {
	i := impression{
		came: pattern(strings.Repeat("+", gmin) + "--+-" + strings.Repeat("+", gmin-1) + "-+++"), late: 50,
		roundTrip: 70 * time.Millisecond, endSystem: 80 * time.Millisecond, buffer: 40 * time.Millisecond,
		target: 30 * time.Millisecond, rating: 75.5,
	}
	got := i.report(7)
	want := &rtcp.VoIPMetricsReportBlock{
		SSRC: 7, LossRate: 4 * 256 / 39, DiscardRate: 128, BurstDensity: 4 * 256 / 20, BurstDuration: 400, GapDuration: 180,
		RoundTripDelay: 70, EndSystemDelay: 80, SignalLevel: 127, NoiseLevel: 127, RERL: 127, Gmin: gmin,
		RFactor: 75, ExtRFactor: 127, MOSLQ: 127, MOSCQ: 38, RXConfig: 0xB0, JBNominal: 30, JBMaximum: 40, JBAbsMax: 40,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if unknown := (impression{}).report(7); unknown.RFactor != 127 || unknown.MOSCQ != 127 {
		t.Errorf("what is not known is told: %+v", unknown)
	}
}
