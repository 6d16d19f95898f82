package host

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
)

// caller is a client of a sound channel.
type caller struct {
	said io.WriteCloser // what it sends
	out  *bin
	err  *bin
	gone context.CancelFunc
	code chan int
}

// bin keeps what is written. A stuck one blocks whoever writes.
type bin struct {
	mu    sync.Mutex
	bytes bytes.Buffer
	stuck chan struct{} // closed when it takes things again; nil is never stuck
}

func (b *bin) Write(p []byte) (int, error) {
	if b.stuck != nil {
		<-b.stuck
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.Write(p)
}

func (b *bin) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.String()
}

func newLines() *Lines { return NewLines(audio.PCM{}, slog.New(slog.DiscardHandler)) }

// carry begins a sound channel.
func carry(l *Lines, connection, key string, opus bool) *caller {
	in, said := io.Pipe()
	ctx, gone := context.WithCancel(context.Background())
	c := &caller{said: said, out: &bin{}, err: &bin{}, code: make(chan int, 1)}
	c.gone = gone
	c.carry(ctx, l, SoundChannel{Connection: connection, Fingerprint: key, In: in, Opus: opus})
	return c
}

func (c *caller) carry(ctx context.Context, l *Lines, s SoundChannel) {
	s.Out, s.Err = c.out, c.err
	go func() {
		code := l.Carry(ctx, s)
		if in, ok := s.In.(io.Closer); ok {
			_ = in.Close() // as the host closes a channel
		}
		c.code <- code
	}()
}

// hangUp ends it, and gives whoever speaks the time to notice.
func (c *caller) hangUp() {
	c.gone()
	time.Sleep(time.Minute)
}

// ended is the exit code, or -1 while it goes on.
func (c *caller) ended() int {
	synctest.Wait()
	select {
	case code := <-c.code:
		return code
	default:
		return -1
	}
}

// phone is a login that wants sound.
func phone(l *Lines, connection, key string) *Line {
	line := l.Open(connection, key)
	line.Watch(func(bool) {})
	return line
}

func TestSoundFindsItsLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		old, elsewhere := phone(l, "c1", "ann"), phone(l, "c2", "ann")
		command := l.Open("c3", "ann") // of `ssh host contacts`: it wants no sound
		other := phone(l, "c4", "bob")
		attached := func(when string, want *Line) {
			t.Helper()
			synctest.Wait()
			for _, line := range []*Line{old, elsewhere, command, other} {
				if line.Attached() != (line == want) {
					t.Errorf("%s: the line of %s is attached: %t", when, line.connection, line.Attached())
				}
			}
		}
		c := carry(l, "c1", "ann", false)
		attached("by connection, although there is a newer login of the key", old)
		c.gone()
		attached("gone", nil)
		c = carry(l, "c9", "ann", false)
		attached("by key, the newest login that wants sound", elsewhere)
		newer := phone(l, "c10", "ann")
		synctest.Wait()
		if elsewhere.Attached() || !newer.Attached() {
			t.Error("a newer screen came, while the old one had no call, and the sound did not follow")
		}
		end, _ := newer.OpenSource()
		newest := phone(l, "c11", "ann")
		synctest.Wait()
		if newest.Attached() || !newer.Attached() {
			t.Error("the sound left a call for a newer screen")
		}
		_, _ = end.Close(), newer.Close()
		synctest.Wait()
		if !newest.Attached() {
			t.Error("the screen with the call has ended, and the sound did not go on with the other")
		}
		_, _, _ = newest.Close(), elsewhere.Close(), old.Close()
		if code := c.ended(); code != -1 {
			t.Errorf("sound of its own connection ended with its screen: %d", code)
		}
		if said := c.err.String(); !strings.Contains(said, "the sound waits for the next one") {
			t.Errorf("it was told %q", said)
		}
		time.Sleep(loginPatience)
		if code := c.ended(); code != exitFailed || !strings.Contains(c.err.String(), "log in first") {
			t.Errorf("nobody came: exit %d, %q", code, c.err)
		}
	})
}

func TestSoundBeforeTheLoginWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		c := carry(l, "c1", "ann", false)
		_, _ = c.said.Write(make([]byte, 10*frameBytes)) // nobody blocks whoever sends
		time.Sleep(loginPatience / 2)
		if said := c.err.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "waits") {
			t.Errorf("it was told %q", said)
		}
		line := phone(l, "c1", "ann")
		synctest.Wait()
		if !line.Attached() {
			t.Error("it did not attach")
		}
		_ = line.Close()
		if code := c.ended(); code != 0 {
			t.Errorf("the login of its connection ended, and it goes on, or failed: %d", code)
		}
	})
}

// Sound that comes with a login of a moment, as a LocalCommand brings it, does
// not keep the connection open.
func TestSoundEndsWithTheLoginOfItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		_ = l.Open("c1", "ann").Close()
		c := carry(l, "c1", "ann", false)
		if code := c.ended(); code != 0 || !strings.Contains(c.err.String(), "has ended") {
			t.Errorf("exit %d, told %q", code, c.err)
		}
		time.Sleep(leftFor + time.Second)
		c = carry(l, "c1", "ann", false)
		if code := c.ended(); code != -1 {
			t.Errorf("sound of a connection whose login ended long ago waits for no other one: exit %d", code)
		}
		c.hangUp()
	})
}

func TestRefusedSoundIsToldWhy(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(l *Lines)
		channel SoundChannel
		code    int
		said    string
	}{
		{"a second channel", func(l *Lines) { carry(l, "c1", "ann", false) }, SoundChannel{}, exitFailed, "your login has sound already"},
		{"a terminal", nil, SoundChannel{PTY: true}, exitUsage, "without -t"},
		{"a host without Opus", func(l *Lines) { l.codec = nil }, SoundChannel{Opus: true}, exitFailed, "use `ssh HOST audio`"},
		{"a WAV file", nil, SoundChannel{In: strings.NewReader("RIFF\x24\xf0\xff\x7fWAVEfmt ")}, exitFailed, "what comes is a WAV file; wanted is raw"},
		{"garbage for Opus", nil, SoundChannel{Opus: true, In: strings.NewReader(strings.Repeat("x", 1000))}, exitFailed, "not the sound of a tring"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLines()
				line := phone(l, "c1", "ann")
				if c.prepare != nil {
					c.prepare(l)
					synctest.Wait()
				}
				c.channel.Connection, c.channel.Fingerprint = "c2", "ann"
				if c.channel.In == nil {
					c.channel.In = strings.NewReader("")
				}
				x := &caller{out: &bin{}, err: &bin{}, code: make(chan int, 1)}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				x.carry(ctx, l, c.channel)
				code := x.ended()
				if said := x.err.String(); code != c.code || !strings.Contains(said, c.said) || strings.Count(said, "\n") != 1 {
					t.Errorf("exit %d, want %d; told %q, want one line with %q", code, c.code, said, c.said)
				}
				_ = line.Close()
				synctest.Wait()
				if l.Stats().Attached != 0 {
					t.Errorf("%d channels are attached at the end", l.Stats().Attached)
				}
			})
		})
	}
}

// Who says nothing may go on to listen: `ssh host audio </dev/null`.
func TestAListenerNeedsNoMicrophone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		line := phone(l, "c1", "ann")
		c := carry(l, "c1", "ann", false)
		_ = c.said.Close()
		if code := c.ended(); code != -1 {
			t.Fatalf("exit %d", code)
		}
		speaker, _ := line.OpenSink()
		for range 5 {
			if err := speaker.Write(make(audio.Frame, audio.FrameSamples)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if n := len(c.out.String()); n != 5*frameBytes {
			t.Errorf("%d bytes came out, want 5 frames", n)
		}
		c.gone()
		if code := c.ended(); code != 0 {
			t.Errorf("exit %d", code)
		}
	})
}

// What the client says of its devices is the login's to show.
func TestFaultsOfTheFarDevicesAreKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		line := l.Open("c1", "ann")
		var seen []string
		stop := line.Watch(func(attached bool) {
			if attached {
				seen = append(seen, "attached: "+line.Fault())
			} else {
				seen = append(seen, "none: "+line.Fault())
			}
		})
		defer stop()
		c := carry(l, "c1", "ann", true)
		synctest.Wait()
		_, _ = io.WriteString(c.said, SoundGreeting)
		_, _ = c.said.Write(AppendSound(nil, SoundFrame{Kind: SoundFault, Text: "no microphone\x1b[2J"}))
		synctest.Wait()
		c.gone()
		synctest.Wait()
		want := "attached: |attached: no microphone|none: "
		if got := strings.Join(seen, "|"); got != want {
			t.Errorf("watched %q, want %q", got, want)
		}
	})
}

// A channel that goes takes its own words of its devices along, and not those of the
// one that has come in its place.
func TestFaultIsOfTheChannelThatIsThere(t *testing.T) {
	l := newLines()
	line := l.Open("c1", "ann")
	defer line.Watch(func(bool) {})()
	channel := func(fault string) *carrier {
		c := newCarrier(SoundChannel{Connection: "c1", Fingerprint: "ann"}, audio.PCM{}, &l.count, l.log)
		c.setFault(fault)
		return c
	}
	old, fresh := channel("no speaker"), channel("no microphone")
	l.attach(old)
	if got := line.Fault(); got != "no speaker" {
		t.Errorf("with the first channel the fault is %q", got)
	}
	line.carrier.Store(nil) // the old one is gone but for its last words
	l.attach(fresh)
	old.move(line, nil)
	old.setFault("nothing at all")
	if got := line.Fault(); got != "no microphone" {
		t.Errorf("with the second channel the fault is %q", got)
	}
}
