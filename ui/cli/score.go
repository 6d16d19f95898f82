package cli

import (
	"context"
	"fmt"
	"math"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tring/audio/score"
	"tring/audio/wav"
)

// scored is what the measures say of a recording.
type scored struct {
	DelayMS  *float64 `json:"delay_ms"` // of the median piece; null when nothing was found
	Found    float64  `json:"found"`    // part of the pieces
	STOI     *float64 `json:"stoi"`
	Extended *float64 `json:"estoi"`
	LSD      *float64 `json:"lsd_db"`
	RefRMS   float64  `json:"ref_dbfs"`
	HeardRMS float64  `json:"heard_dbfs"`
	Glitches int      `json:"glitches"`
}

func (a *app) scoreCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "score REF.wav HEARD.wav", Short: "Compare what was heard with what was spoken",
		Args: twoFiles,
		Long: "Compare what was heard with what was spoken: two WAV files of any rate and width.\n\n" +
			"Delay is by how much later the median half second lies in the second file, whose\n" +
			"beginning counts: of two recordings with one beginning it is the delay between them.\n" +
			"STOI is the intelligibility, 1 at best, and LSD how far the spectra are apart, both after\n" +
			"each utterance was brought back to its place. Glitches mean something for a sine alone.",
		Example: "  tring audio score spoken.wav heard.wav\n  tring audio score spoken.wav heard.wav --json",
		RunE: a.does(func(_ context.Context, args []string) error {
			return a.score(args[0], args[1], asJSON)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func twoFiles(cmd *cobra.Command, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("%s needs two files, what was spoken and what was heard, not %d", cmd.CommandPath(), len(args))
	}
	return nil
}

func (a *app) score(spoken, heard string, asJSON bool) error {
	ref, err := wav.Read(spoken)
	if err != nil {
		return fmt.Errorf("what was spoken, %q: %w", spoken, err)
	}
	deg, err := wav.Read(heard)
	if err != nil {
		return fmt.Errorf("what was heard, %q: %w", heard, err)
	}
	s := compare(ref, deg)
	if asJSON {
		return printJSON(a, []scored{s})
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "delay\t%s\n", figure(s.DelayMS, "%.1f ms"))
	fmt.Fprintf(t, "found\t%.0f %%\n", 100*s.Found)
	fmt.Fprintf(t, "STOI\t%s\n", figure(s.STOI, "%.3f"))
	fmt.Fprintf(t, "extended STOI\t%s\n", figure(s.Extended, "%.3f"))
	fmt.Fprintf(t, "LSD\t%s\n", figure(s.LSD, "%.2f dB"))
	fmt.Fprintf(t, "level\t%.1f dBFS, was %.1f\n", s.HeardRMS, s.RefRMS)
	fmt.Fprintf(t, "glitches\t%d\n", s.Glitches)
	return t.Flush()
}

// compare applies every measure.
func compare(ref, deg []int16) scored {
	s := scored{RefRMS: score.RMS(ref), HeardRMS: score.RMS(deg), Glitches: score.Glitches(deg)}
	pieces := score.Align(ref, deg)
	s.Found = score.Found(pieces)
	if samples, ok := score.MedianDelay(pieces); ok {
		s.DelayMS = known(1000 * float64(samples) / score.Rate)
	}
	straight := score.Straighten(ref, deg, pieces)
	s.STOI = known(score.STOI(ref, straight))
	s.Extended = known(score.ExtendedSTOI(ref, straight))
	s.LSD = known(score.LogSpectralDistance(ref, straight))
	return s
}

// known is a figure, or nothing where there is none.
func known(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

func figure(v *float64, format string) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf(format, *v)
}
