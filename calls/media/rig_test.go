package media

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/transport/v4"

	"tring/audio"
	"tring/audio/opus"
	"tring/calls"
	"tring/guard/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// booth is a sound device in memory, paced by the clock: its microphone hears
// a tone, its speaker is recorded.
type booth struct {
	hz    float64 // 0: there is no microphone
	mu    sync.Mutex
	heard []int16
	sung  int
}

var errNoMicrophone = errors.New("no microphone in this booth")

func (b *booth) Describe() string { return "booth" }

func (b *booth) OpenSource() (audio.SourceCloser, error) {
	if b.hz == 0 {
		return nil, errNoMicrophone
	}
	return &boothEnd{booth: b, began: time.Now()}, nil
}

func (b *booth) OpenSink() (audio.SinkCloser, error) {
	return &boothEnd{booth: b, began: time.Now()}, nil
}

type boothEnd struct {
	booth *booth
	began time.Time
	pace  audio.Pace
}

func (e *boothEnd) tick() {
	wait, _ := e.pace.Next(time.Since(e.began))
	<-time.After(wait)
}

func (e *boothEnd) Read(f audio.Frame) error {
	e.tick()
	for i := range f {
		f[i] = int16(8000 * math.Sin(2*math.Pi*e.booth.hz*float64(e.booth.sung)/audio.Rate))
		e.booth.sung++
	}
	return nil
}

func (e *boothEnd) Write(f audio.Frame) error {
	e.tick()
	e.booth.mu.Lock()
	defer e.booth.mu.Unlock()
	e.booth.heard = append(e.booth.heard, f...)
	return nil
}

func (e *boothEnd) Close() error { return nil }

// last is what the speaker played of late.
func (b *booth) last(d time.Duration) []int16 {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(int(d.Seconds()*audio.Rate), len(b.heard))
	return slices.Clone(b.heard[len(b.heard)-n:])
}

// hears waits until the speaker has played this tone at its full level for a
// moment, from now on. A busy machine leaves gaps, between which that moment lies.
func (b *booth) hears(t testing.TB, hz float64) {
	t.Helper()
	const moment, step = audio.Rate / 10, audio.Rate / 40
	want := 20 * math.Log10(8000.0/32768/math.Sqrt2)
	at := b.played()
	eventually(t, fmt.Sprintf("a tone of %.0f Hz is heard", hz), func() bool {
		for ; at+moment <= b.played(); at += step {
			got, level := audio.MeasureTone(b.part(at, at+moment))
			if math.Abs(got-hz) < 5 && math.Abs(level-want) < 1 {
				return true
			}
		}
		return false
	})
}

// played is how many samples the speaker has played.
func (b *booth) played() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.heard)
}

func (b *booth) part(from, to int) []int16 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.heard[from:to])
}

func (b *booth) silent() bool {
	got := b.last(300 * time.Millisecond)
	return len(got) > 0 && slices.Max(got) < 30 && slices.Min(got) > -30
}

// phone is one end: a booth, its engine, a session.
type phone struct {
	*booth
	device  calls.DeviceID
	media   *Media
	mu      sync.Mutex
	changes []calls.MediaChanged
	session *Session
}

// room is the signaling: it carries payloads between phones, in order
// unless told otherwise.
type room struct {
	t      testing.TB
	mu     sync.Mutex
	phones map[calls.DeviceID]*phone
	// servers are what each phone is given.
	servers []calls.Server
	post    chan letter
	// tamper decides what becomes of a payload on its way; nil: delivered.
	tamper func(letter) []letter
}

type letter struct {
	from, to calls.DeviceID
	text     []byte
}

func newRoom(t testing.TB) *room {
	r := &room{t: t, phones: map[calls.DeviceID]*phone{}, post: make(chan letter, 1024)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for l := range r.post {
			r.carry(l)
		}
	}()
	t.Cleanup(func() { close(r.post); <-done })
	return r
}

func (r *room) carry(l letter) {
	r.mu.Lock()
	tamper := r.tamper
	r.mu.Unlock()
	letters := []letter{l}
	if tamper != nil {
		letters = tamper(l)
	}
	for _, l := range letters {
		r.mu.Lock()
		to := r.phones[l.to]
		r.mu.Unlock()
		if to == nil {
			continue // it is yet to come
		}
		to.mu.Lock()
		session := to.session
		to.mu.Unlock()
		if session != nil { // a phone that has not accepted yet gets nothing
			_ = session.Signal(l.from, l.text) // a session that closed refuses, rightly
		}
	}
}

// hangUp ends all sessions, whatever they are at.
func (r *room) hangUp() {
	r.mu.Lock()
	phones := slices.Collect(maps.Values(r.phones))
	r.mu.Unlock()
	for _, p := range phones {
		if p.session != nil {
			_ = p.session.Close() // an error is the test's to tell
		}
	}
}

func (r *room) set(tamper func(letter) []letter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tamper = tamper
}

func drop(letter) []letter { return nil }

// phone adds a phone whose microphone hears hz; net nil is the real loopback.
func (r *room) phone(device calls.DeviceID, hz float64, net transport.Net) *phone {
	r.t.Helper()
	if _, err := (opus.Codec{}).NewEncoder(); err != nil {
		r.t.Skipf("SKIPPED, nothing was tested: no sound can be sent without the codec: %v", err)
	}
	p := &phone{device: device, booth: &booth{hz: hz}}
	engine := audio.NewEngine(audio.Config{Device: p.booth, Codec: opus.Codec{}})
	m, err := New(Config{Engine: engine, Net: net, Log: logTo(r.t).With("phone", device)})
	if err != nil {
		r.t.Fatal(err)
	}
	m.closeMost, m.mendTime = time.Minute, 12*time.Second // for a busy machine
	p.media = m
	r.t.Cleanup(func() {
		if p.session != nil {
			if err := p.session.Close(); err != nil {
				r.t.Error(err)
			}
			p.session.lingering.Wait()
		}
		closeEngine(r.t, engine)
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phones[device] = p
	return p
}

// closeEngine has more patience than the engine, which waits for three seconds.
func closeEngine(t testing.TB, e *audio.Engine) {
	t.Helper()
	err := e.Close()
	for n := 0; err != nil && n < 20; n++ {
		err = e.Close()
	}
	if err != nil {
		t.Error(err)
	}
}

// logTo shows what happened when a test fails.
func logTo(t testing.TB) *slog.Logger {
	if _, bench := t.(*testing.B); bench {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// open opens a phone's session to its peers.
func (r *room) open(p *phone, peers ...calls.Peer) {
	r.t.Helper()
	s, err := p.media.Open(calls.OpenMedia{Call: "call", Peers: peers, Servers: r.servers}, func(in calls.Input) {
		switch in := in.(type) {
		case calls.MediaSignal:
			r.post <- letter{from: p.device, to: in.To, text: in.Payload}
		case calls.MediaChanged:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.changes = append(p.changes, in)
		}
	})
	if err != nil {
		r.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = s
}

func (p *phone) told() []calls.MediaChanged {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.changes)
}

// state is what the phone was told last of that peer.
func (p *phone) state(of calls.DeviceID) calls.MediaState {
	state := calls.MediaNone
	for _, c := range p.told() {
		if c.Peer == of {
			state = c.State
		}
	}
	return state
}

// address is where the path to that peer begins.
func (p *phone) address(of calls.DeviceID) string {
	pair, err := p.session.peers[of].sender.Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return ""
	}
	return pair.Local.Address
}

func (p *phone) closedBy(of calls.DeviceID) bool {
	return slices.ContainsFunc(p.told(), func(c calls.MediaChanged) bool { return c.Peer == of && c.Closed })
}

// offers and answers are the two roles.
func offers(d calls.DeviceID) calls.Peer  { return calls.Peer{Device: d, Offer: true} }
func answers(d calls.DeviceID) calls.Peer { return calls.Peer{Device: d} }

// pair is two phones in a session: bob accepted, so bob offers.
// Networks not given are the real loopback.
func pair(t testing.TB, r *room, nets ...transport.Net) (alice, bob *phone) {
	t.Helper()
	nets = append(nets, nil, nil)
	alice, bob = r.phone("alice", 1000, nets[0]), r.phone("bob", 700, nets[1])
	r.open(alice, answers("bob"))
	r.open(bob, offers("alice"))
	connected(t, alice, bob)
	return alice, bob
}

func connected(t testing.TB, a, b *phone) {
	t.Helper()
	eventually(t, "both are connected", func() bool {
		return a.state(b.device) == calls.MediaConnected && b.state(a.device) == calls.MediaConnected
	})
}

// eventually waits for a condition, for longer than a busy machine takes.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	const most = 3 * time.Minute
	ticker := time.NewTicker(20 * time.Millisecond) // looking takes time from the phones
	defer ticker.Stop()
	for late := time.After(most); !is(); {
		select {
		case <-late:
			t.Fatalf("not within %v: %s", most, what)
		case <-ticker.C:
		}
	}
}

// atLast is for what a busy machine may spoil now and then: it tries again.
func atLast(t *testing.T, try func(t *testing.T) error) {
	t.Helper()
	const most = 10
	for n := 1; ; n++ {
		err := try(t)
		if err == nil {
			return
		}
		if n == most {
			t.Fatalf("%d times in a row, at last: %v", most, err)
		}
		t.Logf("again: %v", err)
	}
}

// always watches that a condition holds for a while.
func always(t testing.TB, during time.Duration, what string, is func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.After(during); ; {
		if !is() {
			t.Fatalf("no longer: %s", what)
		}
		select {
		case <-end:
			return
		case <-ticker.C:
		}
	}
}
