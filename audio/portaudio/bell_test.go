//go:build cgo

package portaudio

import (
	"runtime"
	"testing"
	"time"

	"tring/audio"
)

// eachBell runs a test with all the bells that this system has.
func eachBell(t *testing.T, test func(*testing.T, func(*end))) {
	t.Helper()
	for name, hang := range map[string]func(*end){"the system's": func(*end) {}, "naps": onTheBubblesClock} {
		t.Run(name, func(t *testing.T) { test(t, hang) })
	}
}

// The callback that completes what is waited for wakes who waits, each time. A wait
// of an hour makes sure that nothing else does.
func TestTheCallbackWakes(t *testing.T) {
	const times = 100
	third := make([]int16, audio.FrameSamples/3)
	// meanwhile calls back until done, whenever somebody waits.
	meanwhile := func(e *end, done chan struct{}, callback func()) {
		for {
			select {
			case <-done:
				return
			default:
				runtime.Gosched()
			}
			if e.ring.want.Load() > 0 {
				callback()
			}
		}
	}
	eachBell(t, func(t *testing.T, hang func(*end)) {
		mic, spk := testSource(t, phone, closer{}), testSink(t, phone, closer{})
		hang(&mic.end)
		hang(&spk.end)
		done := make(chan struct{})
		defer close(done)
		go meanwhile(&mic.end, done, func() { mic.callback(third, false) })
		go meanwhile(&spk.end, done, func() { spk.callback(third, false) })
		frame := make(audio.Frame, audio.FrameSamples)
		for range times {
			mic.ring.want.Store(uint64(len(frame)))
			for mic.ring.fill() < len(frame) {
				mic.bell.wait(time.Hour)
			}
			mic.ring.read(frame)
			spk.ring.write(frame)
			spk.ring.want.Store(1)
			for spk.ring.fill() > 0 {
				spk.bell.wait(time.Hour)
			}
		}
	})
}

// Whoever else rings ends a wait, even one that has yet to begin; and so does time.
func TestTheBellRings(t *testing.T) {
	eachBell(t, func(t *testing.T, hang func(*end)) {
		mic := testSource(t, phone, closer{})
		hang(&mic.end)
		for range 200 {
			mic.ring.want.Store(1)
			go mic.bell.ring()
			for mic.ring.want.Load() > 0 {
				mic.bell.wait(time.Hour)
			}
		}
		for range 3 {
			mic.ring.want.Store(1)
			mic.bell.wait(time.Millisecond)
			if mic.ring.want.Load() == 0 {
				t.Error("it rang by itself")
			}
		}
	})
}
