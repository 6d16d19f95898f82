package host

import (
	"encoding/binary"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"tring/audio"
)

// numbered is a frame whose samples all say when it was said, in hundreds of ms
// since the beginning, from 1 on: speech that tells its age.
func numbered(at time.Duration) audio.Frame {
	f := make(audio.Frame, audio.FrameSamples)
	for i := range f {
		f[i] = int16(at/audio.FrameDuration) + 1
	}
	return f
}

func raw(f audio.Frame) []byte {
	b := make([]byte, frameBytes)
	for i, v := range f {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(v))
	}
	return b
}

// framed is the same as a client with Opus sends it, but for the codec.
func framed(f audio.Frame, n int) []byte {
	return AppendSound(nil, SoundFrame{Kind: SoundPacket, Packet: audio.Packet{
		Sequence: uint16(n), Timestamp: uint32(n * audio.FrameSamples), Payload: raw(f),
	}})
}

// age is how old the newest sound in a frame is at this time; less than zero
// where there is none.
func age(f audio.Frame, now time.Duration) time.Duration {
	newest := int16(0)
	for _, v := range f {
		newest = max(newest, v)
	}
	if newest == 0 {
		return -1
	}
	return now - time.Duration(newest-1)*audio.FrameDuration
}

// The line stalls for four seconds, and everything comes at once: what is heard
// then is as young as before.
func TestAStallOfTheLineIsNotHeardForLong(t *testing.T) {
	for name, opus := range map[string]bool{"raw": false, "framed": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLines()
				line := phone(l, "c1", "ann")
				c := carry(l, "c1", "ann", opus)
				defer c.hangUp()
				mic, _ := line.OpenSource()
				defer mic.Close()
				synctest.Wait()
				began := time.Now()
				const stall, over, until = 3 * time.Second, 7 * time.Second, 12 * time.Second
				go func() { // what the client says, over a line that stalls
					if opus {
						_, _ = c.said.Write([]byte(SoundGreeting))
					}
					for n := 0; ; n++ {
						at := time.Duration(n) * audio.FrameDuration
						arrives := at + audio.FrameDuration
						if arrives >= stall && arrives < over {
							arrives = over
						}
						time.Sleep(arrives - time.Since(began))
						b := raw(numbered(at))
						if opus {
							b = framed(numbered(at), n)
						}
						if _, err := c.said.Write(b); err != nil {
							return
						}
					}
				}()
				f := make(audio.Frame, audio.FrameSamples)
				unheard := 0
				for {
					if err := mic.Read(f); err != nil {
						t.Fatal(err)
					}
					now := time.Since(began)
					if now > until {
						break
					}
					old := age(f, now)
					calm := now > time.Second && now < stall || now > over+time.Second
					switch {
					case old > 150*time.Millisecond && calm:
						t.Fatalf("at %v one hears what was said %v ago", now, old)
					case old < 0 && calm:
						unheard++
					}
				}
				if unheard > 20 {
					t.Errorf("%d frames of the calm seconds are missing", unheard)
				}
				if l.Stats().DroppedIn < 100 {
					t.Errorf("%d packets were counted as dropped of four seconds", l.Stats().DroppedIn)
				}
			})
		})
	}
}

// A client that reads nothing makes nobody wait, and gets the newest sound when
// it reads again.
func TestAClientThatDoesNotReadHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		line := phone(l, "c1", "ann")
		c := &caller{out: &bin{stuck: make(chan struct{})}, err: &bin{}, code: make(chan int, 1)}
		in, said := io.Pipe()
		defer said.Close()
		c.carry(t.Context(), l, SoundChannel{Connection: "c1", Fingerprint: "ann", In: in})
		speaker, _ := line.OpenSink()
		synctest.Wait()
		began := time.Now()
		const stuck = 4 * time.Second
		for n := range 400 {
			if err := speaker.Write(numbered(time.Duration(n) * audio.FrameDuration)); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); (took - stuck).Abs() > 50*time.Millisecond {
			t.Errorf("400 frames took %v", took)
		}
		close(c.out.stuck)
		synctest.Wait()
		out := []byte(c.out.String())
		if n := len(out) / frameBytes; n > queueMost+1 { // and the one that was being written
			t.Errorf("%d frames were kept", n)
		}
		for n := range len(out) / frameBytes {
			at := time.Duration(binary.LittleEndian.Uint16(out[n*frameBytes:])-1) * audio.FrameDuration
			if n > 0 && stuck-at > delayMost {
				t.Errorf("frame %d is %v old", n, stuck-at)
			}
		}
		if d := l.Stats().DroppedOut; d < 380 {
			t.Errorf("%d dropped frames were counted", d)
		}
		_, _ = speaker.Close(), line.Close()
		if code := c.ended(); code != 0 {
			t.Errorf("exit %d", code)
		}
	})
}

// For each frame that comes in, one goes out: a client that plays as fast as it
// records neither starves nor falls behind.
func TestOutputKeepsTheClientsPace(t *testing.T) {
	for name, period := range map[string]time.Duration{
		"a slow clock (−0.3 %)": 10030 * time.Microsecond,
		"a true clock":          10 * time.Millisecond,
		"a fast clock (+0.3 %)": 9970 * time.Microsecond,
		"with a stall":          10 * time.Millisecond,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLines()
				line := phone(l, "c1", "ann")
				c := carry(l, "c1", "ann", false)
				defer c.hangUp()
				speaker, _ := line.OpenSink()
				defer speaker.Close()
				synctest.Wait()
				began := time.Now()
				go func() {
					for n := 1; ; n++ {
						at := time.Duration(n) * period
						if name == "with a stall" && at > 30*time.Second && at < 34*time.Second {
							at = 34 * time.Second
						}
						time.Sleep(at - time.Since(began))
						if _, err := c.said.Write(make([]byte, frameBytes)); err != nil {
							return
						}
					}
				}()
				written, long := 0, 90*time.Second
				for time.Since(began) < long {
					if err := speaker.Write(make(audio.Frame, audio.FrameSamples)); err != nil {
						t.Fatal(err)
					}
					written++
				}
				if came := int(long / period); written < came-8 || written > came+8 {
					t.Errorf("%d frames came in, and %d went out", came, written)
				}
			})
		})
	}
}

// Without a sound channel, or with nothing in it, microphone and speaker are
// silent, and on time.
func TestALineWithoutSoundIsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		line := l.Open("c1", "ann")
		mic, _ := line.OpenSource()
		speaker, _ := line.OpenSink()
		began := time.Now()
		f := numbered(time.Second)
		for range 100 {
			if err := mic.Read(f); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			if err := speaker.Write(f); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("a second of each took %v", took)
		}
		for _, v := range f {
			if v != 0 {
				t.Fatal("the microphone of nobody hears something")
			}
		}
		blocked := make(chan error)
		go func() {
			for {
				if err := mic.Read(f); err != nil {
					blocked <- err
					return
				}
			}
		}()
		_ = mic.Close()
		<-blocked // a closed end lets go of whoever waits
		if err := speaker.Close(); err != nil || speaker.Write(f) == nil {
			t.Error("a closed speaker can be written")
		}
	})
}

// What comes of a channel may still be complained about when all was said.
func TestWordsAfterTheLastAreLost(t *testing.T) {
	said := &bin{}
	in, _ := io.Pipe()
	c := newCarrier(SoundChannel{In: in, Out: &bin{}, Err: said}, audio.PCM{}, &counts{}, slog.New(slog.DiscardHandler))
	if err := c.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.tell("first")
	c.finish()
	c.tell("late")
	if got := said.String(); got != "tring: first\n" {
		t.Errorf("it was told %q", got)
	}
	_ = in.Close()
}

// A client with Opus is told when the phone listens and speaks, so that its
// microphone is open in calls only.
func TestTheClientIsToldWhatToOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLines()
		line := phone(l, "c1", "ann")
		c := carry(l, "c1", "ann", true)
		defer c.hangUp()
		synctest.Wait()
		mic, _ := line.OpenSource()
		synctest.Wait()
		speaker, _ := line.OpenSink()
		synctest.Wait()
		_ = mic.Close()
		synctest.Wait()
		_ = speaker.Close()
		synctest.Wait()
		want := SoundGreeting
		for _, f := range []SoundFrame{{Kind: SoundTalk, On: true}, {Kind: SoundHear, On: true}, {Kind: SoundTalk}, {Kind: SoundHear}} {
			want += string(AppendSound(nil, f))
		}
		if got := c.out.String(); got != want {
			t.Errorf("it was told %q, want %q", got, want)
		}
	})
}
