package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"tring/audio"
	"tring/audio/opus"
	"tring/config"
	"tring/ui"
)

// soundCheck is what `tring audio test` found.
type soundCheck struct {
	Device  string        `json:"device"`
	Verdict audio.Verdict `json:"verdict"`
	Peak    float64       `json:"peak_dbfs"`
	Speech  float64       `json:"speech_dbfs"`
	Noise   float64       `json:"noise_dbfs"`
	Clipped int           `json:"clipped_samples"`
	Fault   string        `json:"fault"` // what is wrong with a device; else empty
}

// bellTime is one round of the bell.
const bellTime = 1200 * time.Millisecond

func (a *app) audioTestCommand() *cobra.Command {
	var (
		asJSON bool
		spec   string
		length time.Duration
	)
	cmd := &cobra.Command{
		Use: "test", Short: "Ring, record your voice, play it back and say how it was", Args: noArguments,
		Long: "Ring, record your voice, play it back and say how it was: good, too quiet, clipping (too loud)\n" +
			"or no signal. Anything but good, and a device that does not work, makes the exit code 1.",
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.testAudio(ctx, spec, length, asJSON) }),
	}
	cmd.Flags().StringVar(&spec, "audio", "", soundUsage)
	cmd.Flags().DurationVar(&length, "for", 3*time.Second, "how long to record")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func (a *app) testAudio(ctx context.Context, spec string, length time.Duration, asJSON bool) (err error) {
	sound, err := a.soundFlag(spec)
	if err != nil {
		return err
	}
	if length <= 0 || length > time.Minute {
		return wrongUsage("--for %v: it takes more than nothing and a minute at most", length)
	}
	s := &session{}
	defer func() { err = errors.Join(err, s.close()) }()
	paths, settings, err := a.home()
	if err != nil {
		return err
	}
	if s.log, err = a.openLog(s, paths, settings); err != nil {
		return err
	}
	if err := a.redirect(s, paths); err != nil {
		return err
	}
	found, err := a.checkSound(ctx, s, sound, settings, length)
	if err != nil {
		return err
	}
	return a.tellSound(found, asJSON)
}

// checkSound rings, records and plays back. There is no processing: the
// microphone itself is judged.
func (a *app) checkSound(ctx context.Context, s *session, sound soundSpec, settings config.Settings, length time.Duration) (soundCheck, error) {
	device, ring, err := sound.open(settings, s.log)
	if err != nil {
		return soundCheck{}, err
	}
	if c, ok := device.(io.Closer); ok {
		s.later(c.Close)
	}
	engine := audio.NewEngine(audio.Config{
		Device: device, Ring: ring, Gain: settings.Sound.Gain, Codec: opus.Codec{}, Log: s.log,
		Tones: s.tones(settings, a.getenv),
	})
	s.later(engine.Close)
	found := soundCheck{Device: device.Describe()}
	if s.bellNote != "" {
		a.say("%s", s.bellNote)
	}
	a.say("Sound: %s. You should hear ringing.", found.Device)
	engine.Play(audio.ToneRing)
	a.pause(ctx, bellTime)
	found.Fault = engine.Levels().Fault
	engine.StopTone()
	pcm := a.recordVoice(ctx, engine, length, &found.Fault)
	r := audio.Judge(pcm)
	found.Verdict, found.Peak, found.Speech, found.Noise, found.Clipped = r.Verdict, r.Peak, r.Speech, r.Noise, r.Clipped
	if err := ctx.Err(); err != nil {
		return found, err
	}
	a.say("Now you should hear yourself.")
	if err := playBack(ctx, device, pcm); err != nil && found.Fault == "" {
		found.Fault = "no speaker: " + err.Error()
	}
	return found, nil
}

// pause waits, or for the end of ctx.
func (a *app) pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// voiceTap is a Tap that keeps what the microphone hears, as far as there is
// room.
type voiceTap struct {
	mu  sync.Mutex
	pcm []int16
}

func (r *voiceTap) Near(f audio.Frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pcm = append(r.pcm, f[:min(len(f), cap(r.pcm)-len(r.pcm))]...)
}

func (*voiceTap) Far(audio.Frame) {}

// recordVoice records, and shows the level meanwhile.
func (a *app) recordVoice(ctx context.Context, engine *audio.Engine, length time.Duration, fault *string) []int16 {
	a.say("Speak now, for %v.", length)
	pcm, f := hear(ctx, engine, length, length, func() { a.say("%s", meterLine(engine.Levels().In)) })
	if f != "" {
		*fault = f
	}
	return pcm
}

// hear listens to the microphone for a while, keeps the beginning of it, and
// tells what is wrong with the device.
func hear(ctx context.Context, engine *audio.Engine, length, keep time.Duration, meanwhile func()) (pcm []int16, fault string) {
	tap := &voiceTap{pcm: make([]int16, 0, int(keep.Seconds()*audio.Rate))}
	engine.SetTap(tap)
	if err := engine.StartCapture(func(audio.Packet) {}); errors.Is(err, audio.ErrNotCapturing) {
		return nil, err.Error()
	}
	over := time.After(length)
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for going := true; going; {
		select {
		case <-tick.C:
			meanwhile()
		case <-over:
			going = false
		case <-ctx.Done():
			going = false
		}
	}
	fault = engine.Levels().Fault
	engine.StopCapture()
	engine.SetTap(nil)
	tap.mu.Lock()
	defer tap.mu.Unlock()
	return tap.pcm, fault
}

// meterLine is a level as a bar from −60 dBFS to full scale.
func meterLine(db float64) string {
	const width = 30
	n := int(min(max((db+60)/60, 0), 1)*width + 0.5)
	return fmt.Sprintf("[%s%s] %4.0f dB", strings.Repeat("#", n), strings.Repeat("-", width-n), db)
}

// playBack plays a recording at the device's speaker.
func playBack(ctx context.Context, device audio.Device, pcm []int16) error {
	speaker, err := device.OpenSink()
	if err != nil {
		return err
	}
	for ; len(pcm) >= audio.FrameSamples && err == nil && ctx.Err() == nil; pcm = pcm[audio.FrameSamples:] {
		err = speaker.Write(pcm[:audio.FrameSamples])
	}
	tail := make(audio.Frame, audio.FrameSamples)
	for n := 0; n < 20 && err == nil && ctx.Err() == nil; n++ { // until the last of it was heard
		err = speaker.Write(tail)
	}
	return errors.Join(err, speaker.Close())
}

// advice is what to do about a verdict, as it follows that.
func advice(v audio.Verdict) string {
	switch v {
	case audio.NoSignal:
		return ". Is it the right one (`tring audio list`), is it switched on, is it muted?"
	case audio.TooQuiet:
		return ". Come nearer, or raise audio.gain in the settings (in dB)."
	case audio.Clipping:
		return ". It is too loud: lower its level in the system, or audio.gain in the settings."
	}
	return ""
}

func (a *app) tellSound(found soundCheck, asJSON bool) error {
	mute := found.Fault != "" && found.Verdict == audio.NoSignal // the fault says why
	if asJSON {
		if err := printJSON(a, []soundCheck{found}); err != nil {
			return err
		}
	} else if mute {
		a.say("Nothing could be recorded.")
	} else if _, err := fmt.Fprintf(a.out, "microphone: %s (speech %.0f dB, noise %.0f dB, peak %.0f dB)%s\n",
		found.Verdict, found.Speech, found.Noise, found.Peak, advice(found.Verdict)); err != nil {
		return err
	}
	if found.Fault != "" {
		return fmt.Errorf("test sound: %s", strings.TrimSuffix(ui.Language{}.SoundFault(found.Fault), "."))
	}
	if found.Verdict != audio.Good {
		return &exitError{code: exitFailure}
	}
	return nil
}
