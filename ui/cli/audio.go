package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tring/audio"
	"tring/audio/opus"
	"tring/audio/portaudio"
	"tring/config"
	"tring/ui"
)

func (a *app) audioCommand() *cobra.Command {
	var (
		asJSON bool
		spec   string
		length time.Duration
	)
	list := &cobra.Command{
		Use: "list", Short: "List the microphones and speakers", Args: noArguments,
		RunE: a.does(func(context.Context, []string) error { return a.listAudio(asJSON) }),
	}
	list.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	test := &cobra.Command{
		Use: "test", Short: "Ring the speaker and show what the microphone hears", Args: noArguments,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.testAudio(ctx, spec, length) }),
	}
	test.Flags().StringVar(&spec, "audio", "", soundUsage)
	test.Flags().DurationVar(&length, "for", 5*time.Second, "how long to listen")
	return group("audio", "List and test the sound devices, and score what was heard", list, test, a.scoreCommand())
}

func (a *app) listAudio(asJSON bool) (err error) {
	s := &session{}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := a.quieten(s); err != nil {
		return err
	}
	found, err := portaudio.List()
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(a, found)
	}
	if len(found) == 0 {
		a.say("No sound device found. Calls work silently; plug one in, or start the sound server.")
		return nil
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, d := range found {
		fmt.Fprintf(t, "%s\t%s\t%s\n", d.Name, d.HostAPI, deviceUse(d))
	}
	return t.Flush()
}

// quieten keeps what sound libraries print in the log.
func (a *app) quieten(s *session) error {
	paths := config.Locate(a.getenv)
	if err := paths.Make(); err != nil {
		return err
	}
	return a.redirect(s, paths)
}

func deviceUse(d portaudio.DeviceInfo) string {
	var uses []string
	for _, u := range []struct {
		channels int
		standard bool
		name     string
	}{{d.Inputs, d.DefaultInput, "microphone"}, {d.Outputs, d.DefaultOutput, "speaker"}} {
		switch {
		case u.channels > 0 && u.standard:
			uses = append(uses, u.name+" (default)")
		case u.channels > 0:
			uses = append(uses, u.name)
		}
	}
	return strings.Join(uses, ", ")
}

// testAudio plays the ring tone and watches the levels.
func (a *app) testAudio(ctx context.Context, spec string, length time.Duration) (err error) {
	sound, err := a.soundFlag(spec)
	if err != nil {
		return err
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
	device, err := sound.open(settings, s.log)
	if err != nil {
		return err
	}
	if c, ok := device.(io.Closer); ok {
		s.later(c.Close)
	}
	engine := audio.NewEngine(audio.Config{Device: device, Codec: opus.Codec{}, Log: s.log})
	s.later(engine.Close)
	a.say("Sound: %s. You should hear ringing; speak, and watch the level.", device.Describe())
	heard, fault := a.listen(ctx, engine, length)
	if fault != "" {
		return fmt.Errorf("test sound: %s", strings.TrimSuffix(ui.Language{}.SoundFault(fault), "."))
	}
	_, err = fmt.Fprintf(a.out, "microphone: loudest %.0f dB; speaker: played\n", heard)
	return err
}

// listen rings for a while and returns the loudest level, and what was wrong.
func (a *app) listen(ctx context.Context, engine *audio.Engine, length time.Duration) (loudest float64, fault string) {
	engine.Play("ring")
	if err := engine.StartCapture(func(audio.Packet) {}); errors.Is(err, audio.ErrNotCapturing) {
		return audio.Floor, err.Error()
	}
	over := time.After(length)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	loudest = audio.Floor
	for n := 0; ; n++ {
		select {
		case <-over:
			return loudest, fault
		case <-ctx.Done():
			return loudest, fault
		case <-tick.C:
		}
		levels := engine.Levels()
		loudest, fault = max(loudest, levels.In), levels.Fault
		if n%10 == 9 {
			a.say("microphone %4.0f dB  speaker %4.0f dB", levels.In, levels.Out)
		}
	}
}
