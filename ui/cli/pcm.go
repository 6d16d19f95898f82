package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"tring/audio"
)

const (
	// pcmBytes is a frame as raw samples.
	pcmBytes = 2 * audio.FrameSamples
	// pcmMost is from when on sound is too old to be played.
	pcmMost = 100 * time.Millisecond
	// pcmKept is how many frames of what came at once are worth looking at.
	pcmKept = int(pcmMost / audio.FrameDuration)
	// pcmRest is how long what was read is still played.
	pcmRest = 200 * time.Millisecond
	// politeTime is how long a program that was asked to end may take.
	politeTime = 3 * time.Second
)

func (a *app) pcmCommand() *cobra.Command {
	play := &cobra.Command{
		Use: "play", Short: "Play what comes on standard input", Args: noArguments,
		Long: "Play what comes on standard input, and never fall behind: whatever is held up on the way\n" +
			"and comes later is dropped, so that one hears what is said now.",
		Example: "  ssh phone audio </dev/null | tring pcm play",
	}
	record := &cobra.Command{
		Use: "record", Short: "Write what the microphone hears to standard output", Args: noArguments,
		Example: "  tring pcm record | ssh phone audio | tring pcm play",
	}
	both := &cobra.Command{
		Use: "both -- COMMAND…", Short: "Be the microphone and the speaker of a command",
		Long: "Be the microphone and the speaker of a command, with the echo of the one in the other\n" +
			"cancelled, which two programs in a pipe cannot do.",
		Example: "  tring pcm both -- ssh phone audio",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("pcm both needs the command that it is to talk to, after --")
			}
			return nil
		},
	}
	for cmd, run := range map[*cobra.Command]func(context.Context, *pcm, []string) error{
		play: a.pcmPlay, record: a.pcmRecord, both: a.pcmBoth,
	} {
		var spec string
		cmd.Flags().StringVar(&spec, "audio", "", soundUsage)
		cmd.RunE = a.does(func(ctx context.Context, args []string) error { return a.pcm(ctx, spec, args, run) })
	}
	return group("pcm", "Raw sound for pipes: 16 bit little endian, 48000 Hz, mono", play, record, both)
}

// pcm is a sound that goes through pipes.
type pcm struct {
	engine *audio.Engine
}

func (a *app) pcm(ctx context.Context, spec string, args []string, run func(context.Context, *pcm, []string) error) (err error) {
	sound, err := a.soundFlag(spec)
	if err != nil {
		return err
	}
	s := &session{say: a.say}
	defer func() { err = errors.Join(err, s.close()) }()
	engine, err := a.farEngine(ctx, s, sound, audio.PCM{}, pcmMost)
	if err != nil {
		return err
	}
	return run(ctx, &pcm{engine}, args)
}

// farEngine is the sound of a phone that is elsewhere: this machine's devices,
// with the microphone cleaned, and a way to them that stalls rather than loses.
func (a *app) farEngine(ctx context.Context, s *session, sound soundSpec, codec audio.Codec, most time.Duration) (*audio.Engine, error) {
	paths, settings, err := a.home()
	if err != nil {
		return nil, err
	}
	if s.log, err = a.openLog(s, paths, settings); err != nil {
		return nil, err
	}
	if sound.kind == "default" {
		if err := a.redirect(s, paths); err != nil {
			return nil, err
		}
	}
	device, _, err := sound.open(settings, s.log)
	if err != nil {
		return nil, err
	}
	if c, ok := device.(io.Closer); ok {
		s.later(c.Close)
	}
	if s.processing = sound.processing(settings, s.log); s.processing != nil {
		s.processing.guess(ctx)
	}
	engine := audio.NewEngine(audio.Config{
		Device: device, Codec: codec, Log: s.log, Processor: s.processing.processor(), Gain: settings.Sound.Gain,
		PacketDuration: audio.FrameDuration, DTX: settings.Sound.DTX, DelayMost: most,
	})
	s.later(engine.Close)
	return engine, nil
}

func (a *app) pcmPlay(ctx context.Context, p *pcm, _ []string) error {
	done := make(chan error, 1)
	go func() { done <- p.play(a.in) }()
	select {
	case err := <-done:
		a.pause(ctx, pcmRest)
		return err
	case <-ctx.Done():
		return nil // the reader is left to the end of the program
	}
}

// play reads all that comes, at once, and plays what is not too old.
func (p *pcm) play(in io.Reader) error {
	stream := p.engine.OpenStream("pipe")
	defer stream.Close()
	var (
		held   []byte
		chunk  = make([]byte, 64<<10)
		packet audio.Packet
	)
	for {
		n, err := in.Read(chunk)
		held = append(held, chunk[:n]...)
		if old := len(held)/pcmBytes - pcmKept; old > 0 {
			held = held[old*pcmBytes:]
			packet.Timestamp += uint32(old) * audio.FrameSamples
		}
		for ; len(held) >= pcmBytes; held = held[pcmBytes:] {
			packet.Payload = held[:pcmBytes]
			stream.Push(packet)
			packet.Sequence++
			packet.Timestamp += audio.FrameSamples
		}
		held = append([]byte(nil), held...)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read sound: %w", err)
		}
	}
}

func (a *app) pcmRecord(ctx context.Context, p *pcm, _ []string) error { return p.record(ctx, a.out) }

// record writes what the microphone hears until that fails, or ctx ends.
func (p *pcm) record(ctx context.Context, out io.Writer) error {
	box := newOutbox()
	err := p.engine.StartCapture(func(q audio.Packet) {
		box.put(func(b []byte) []byte { return append(b, q.Payload...) })
	})
	if errors.Is(err, audio.ErrNotCapturing) {
		return err
	}
	defer p.engine.StopCapture() // a microphone that is missing is silent until it comes
	return box.run(ctx, out)
}

// pcmBoth ends with the command, and as that does.
func (a *app) pcmBoth(ctx context.Context, p *pcm, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	politely(cmd)
	cmd.Stderr = a.err
	said, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("run %s: %w", args[0], err)
	}
	heard, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("run %s: %w", args[0], err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run %s: %w", args[0], err)
	}
	speaking, enough := context.WithCancel(ctx)
	spoken := make(chan struct{})
	go func() {
		defer close(spoken)
		_ = p.record(speaking, said) // it fails when the command has ended, which is told below
	}()
	played := p.play(heard)
	err = cmd.Wait()
	enough()
	<-spoken
	return errors.Join(played, exitLike(ctx, args[0], err))
}

// politely lets a program end in its own way when its context ends.
func politely(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return cmd.Process.Kill() // not every system can ask
		}
		return nil
	}
	cmd.WaitDelay = politeTime
}

// exitLike ends as a program that was run for this one did.
func exitLike(ctx context.Context, name string, err error) error {
	exit, ran := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil, ctx.Err() != nil:
		return nil
	case ran && exit.ExitCode() > 0:
		return &exitError{code: exit.ExitCode()} // it has said why
	}
	return fmt.Errorf("run %s: %w", name, err)
}
