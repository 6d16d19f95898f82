package audio_test

import (
	"errors"
	"io"
	"math"
	"os"
	"sync"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/opus"
	"tring/guard/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// rig is a sound card for tests: its microphone hears a tone, its speaker
// keeps what it was given, and it breaks on demand.
type rig struct {
	hz, amplitude float64
	voice         bool // a buzz that rises and falls, rather than a tone

	mu      sync.Mutex
	absent  error         // opening fails
	broken  error         // reading and writing fail
	stuck   bool          // reading and writing block until closed
	hold    chan struct{} // opening waits for it
	heard   []int16
	from    time.Time // when the first frame was written
	opened  int
	sources int // open now
	sinks   int // open now
}

func (r *rig) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

func (r *rig) OpenSource() (audio.SourceCloser, error) { return r.openEnd(&r.sources) }
func (r *rig) OpenSink() (audio.SinkCloser, error)     { return r.openEnd(&r.sinks) }
func (*rig) Describe() string                          { return "test rig" }

func (r *rig) openEnd(count *int) (*end, error) {
	if r.hold != nil {
		<-r.hold
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.absent != nil {
		return nil, r.absent
	}
	*count++
	r.opened++
	return &end{rig: r, count: count, began: time.Now(), closed: make(chan struct{})}, nil
}

// end is an opened microphone or speaker.
type end struct {
	rig    *rig
	count  *int
	began  time.Time
	pace   audio.Pace
	n      int64
	once   sync.Once
	closed chan struct{}
}

func (e *end) Close() error {
	e.once.Do(func() {
		close(e.closed)
		e.rig.set(func() { *e.count-- })
	})
	return nil
}

func (e *end) wait() error {
	e.rig.mu.Lock()
	broken, stuck := e.rig.broken, e.rig.stuck
	e.rig.mu.Unlock()
	if broken != nil {
		return broken
	}
	if stuck {
		<-e.closed
		return os.ErrClosed
	}
	d, _ := e.pace.Next(time.Since(e.began))
	select {
	case <-e.closed:
		return os.ErrClosed
	case <-time.After(d):
		return nil
	}
}

func (e *end) Read(f audio.Frame) error {
	if err := e.wait(); err != nil {
		return err
	}
	r := e.rig
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range f {
		at := 2 * math.Pi * float64(e.n) / audio.Rate
		v := math.Sin(r.hz * at)
		if r.voice {
			v = buzz(at)
		}
		f[i] = int16(r.amplitude * v)
		e.n++
	}
	return nil
}

func (e *end) Write(f audio.Frame) error {
	if err := e.wait(); err != nil {
		return err
	}
	r := e.rig
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.heard) == 0 {
		r.from = time.Now()
	}
	r.heard = append(r.heard, f...)
	return nil
}

// buzz is enough of a voice for a codec: harmonics of a moving pitch, in
// syllables.
func buzz(at float64) (v float64) {
	for k := 1.0; k <= 20; k++ {
		v += math.Sin(k*(130*at+5*math.Sin(3*at))) / (k + 2)
	}
	return v * (0.55 + 0.45*math.Sin(4*at))
}

// tail is the last part of what was heard.
func (r *rig) tail(long time.Duration) []int16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := int(long.Seconds() * audio.Rate)
	return append([]int16(nil), r.heard[max(len(r.heard)-n, 0):]...)
}

// all is everything that was heard, and when that began.
func (r *rig) all() (heard []int16, from time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]int16(nil), r.heard...), r.from
}

func (r *rig) counts() (opened, sources, sinks int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.opened, r.sources, r.sinks
}

// elapse lets virtual time pass.
func elapse(d time.Duration) { <-time.After(d) }

func newEngine(t *testing.T, r audio.Device) *audio.Engine {
	t.Helper()
	return audio.NewEngine(audio.Config{Device: r, Codec: opus.Codec{}})
}

func closeAll(t *testing.T, all ...io.Closer) {
	t.Helper()
	for _, c := range all {
		err := c.Close()
		if e, ok := c.(*audio.Engine); ok {
			for n := 0; err != nil && n < 20; n++ {
				err = e.Close() // it waits for three seconds again, which a busy machine may miss
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// needCodec skips, loudly, where the program was built without cgo.
func needCodec(t testing.TB) {
	t.Helper()
	if _, err := (opus.Codec{}).NewEncoder(); err != nil {
		t.Skipf("SKIPPED, nothing was tested: %v", err)
	}
}

var errPulled = errors.New("it was pulled out")
