package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"time"

	"tring/audio"
	"tring/ui"
	"tring/ui/host"
)

const (
	// sshDelayMost is from when on sound from the host is too old to be played.
	sshDelayMost = 120 * time.Millisecond
	// soundRetry is how long to wait before a sound channel that broke is opened
	// again; it doubles up to soundRetryMost.
	soundRetry     = 500 * time.Millisecond
	soundRetryMost = 10 * time.Second
	// faultEvery is how often it is looked whether the devices are well.
	faultEvery = 500 * time.Millisecond
	// saidMost is how much of what ssh says is kept for the log.
	saidMost = 2 << 10
)

// fuller is a codec whose encoder uses a few more bits than needed: at the host
// the sound is decoded and encoded again, twice.
type fuller struct{ audio.Codec }

type fullEncoder struct{ audio.Encoder }

func (c fuller) NewEncoder() (audio.Encoder, error) {
	e, err := c.Codec.NewEncoder()
	if err != nil {
		return nil, err
	}
	return fullEncoder{e}, nil
}

func (e fullEncoder) Configure(c audio.Coding) error {
	c.Bitrate = max(c.Bitrate, 48000)
	return e.Encoder.Configure(c)
}

// farSound is this machine's sound for a telephone at a host.
type farSound struct {
	engine     *audio.Engine
	processing *processing
	log        *slog.Logger
	wanted     bool
}

// keep carries sound until ctx ends, or the host says that there is nothing more
// to carry; a channel that breaks is opened again.
func (f *farSound) keep(ctx context.Context, link sshLink) {
	for wait := soundRetry; ; wait = min(2*wait, soundRetryMost) {
		began := time.Now()
		err := f.carry(ctx, link)
		if err == nil || ctx.Err() != nil {
			return
		}
		f.log.Warn("ssh: the sound broke: " + err.Error())
		if time.Since(began) > soundRetryMost {
			wait = soundRetry
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// carry opens a sound channel, and carries sound until it ends.
func (f *farSound) carry(ctx context.Context, link sshLink) error {
	cmd := exec.CommandContext(ctx, link.program, link.soundArgs()...)
	politely(cmd)
	said := &excerpt{}
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	f.talk(ctx, in, out)
	_ = in.Close() // so that it ends, if it has not
	if err := cmd.Wait(); err != nil {
		return errors.New(ui.Clean(err.Error()+": "+string(said.said), saidMost))
	}
	return nil
}

// talk is the far end of a host's sound channel, until that ends.
func (f *farSound) talk(ctx context.Context, in io.Writer, out io.Reader) {
	if _, err := io.WriteString(in, host.SoundGreeting); err != nil {
		return // it has ended already, and says why
	}
	ctx, enough := context.WithCancel(ctx)
	box := newOutbox()
	m := &microphone{farSound: f, box: box, change: make(chan struct{}, 1)}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		defer enough()
		if err := box.run(ctx, in); err != nil {
			f.log.Debug("ssh: " + err.Error())
		}
	})
	tasks.Go(func() { m.run(ctx) })
	if err := f.listen(out, m.want); err != nil && !errors.Is(err, io.EOF) && ctx.Err() == nil {
		f.log.Warn("ssh: sound: " + err.Error())
	}
	enough()
	tasks.Wait()
}

// listen plays what the host sends, and does what it says.
func (f *farSound) listen(out io.Reader, want func(bool)) error {
	r, err := host.NewSoundReader(out)
	if err != nil {
		return err
	}
	var stream *audio.Stream
	hang := func() {
		if stream != nil {
			stream.Close()
			stream = nil
		}
	}
	defer hang()
	for {
		frame, err := r.Read()
		if err != nil {
			return err
		}
		switch frame.Kind {
		case host.SoundPacket:
			if stream != nil {
				stream.Push(frame.Packet)
			}
		case host.SoundHear:
			if hang(); frame.On {
				stream = f.engine.OpenStream("host")
			}
		case host.SoundTalk:
			want(frame.On)
		case host.SoundFault: // ours to say
		}
	}
}

// microphone is open while the host wants it. What is wrong with the devices is
// told.
type microphone struct {
	*farSound
	box    *outbox
	change chan struct{}

	mu    sync.Mutex
	asked bool
}

// want says whether it is to be open. It does not wait for that.
func (m *microphone) want(open bool) {
	m.mu.Lock()
	m.asked = open
	m.mu.Unlock()
	select {
	case m.change <- struct{}{}:
	default:
	}
}

func (m *microphone) run(ctx context.Context) {
	look := time.NewTicker(faultEvery)
	defer look.Stop()
	defer m.engine.StopCapture()
	open, told := false, ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.change:
			m.mu.Lock()
			wanted := m.asked
			m.mu.Unlock()
			if wanted != open {
				open = m.turn(ctx, wanted)
			}
		case <-look.C:
		}
		if fault := m.engine.Levels().Fault; fault != told {
			told = fault
			m.box.say(host.AppendSound(nil, host.SoundFrame{Kind: host.SoundFault, Text: fault}))
		}
	}
}

// turn opens or closes it, and tells whether it is open.
func (m *microphone) turn(ctx context.Context, on bool) bool {
	if !on {
		m.engine.StopCapture()
		return false
	}
	if m.processing != nil {
		m.processing.guess(ctx)
	}
	err := m.engine.StartCapture(func(p audio.Packet) {
		m.box.put(func(b []byte) []byte {
			return host.AppendSound(b, host.SoundFrame{Kind: host.SoundPacket, Packet: p})
		})
	})
	if err != nil {
		m.log.Warn("ssh: " + err.Error()) // a microphone that is missing is told above, and tried again
	}
	return !errors.Is(err, audio.ErrNotCapturing)
}

// excerpt keeps the beginning of what a program says.
type excerpt struct{ said []byte }

func (e *excerpt) Write(p []byte) (int, error) {
	e.said = append(e.said, p[:min(len(p), saidMost-len(e.said))]...)
	return len(p), nil
}
