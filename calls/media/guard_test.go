package media

import (
	"sync"
	"testing"
	"time"

	"tring/audio"
	"tring/audio/opus"
	"tring/calls"
	"tring/guard"
)

// TestAPanicIsTheGuards: wherever in the media of a call it is, the guard has it,
// and the session closes in time.
func TestAPanicIsTheGuards(t *testing.T) {
	for _, where := range []string{"peer", "microphone"} {
		t.Run(where, func(t *testing.T) {
			if _, err := (opus.Codec{}).NewEncoder(); err != nil {
				t.Skipf("SKIPPED, nothing was tested: %v", err)
			}
			var mu sync.Mutex
			var failures []any
			g := guard.New(func(reason any, _ []byte) {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, reason)
			})
			engine := audio.NewEngine(audio.Config{Device: panicking{&booth{hz: 440}, where}, Codec: opus.Codec{}, Guard: g})
			m, err := New(Config{Engine: engine, Log: logTo(t), Guard: g})
			if err != nil {
				t.Fatal(err)
			}
			m.closeMost = time.Minute
			s, err := m.Open(calls.OpenMedia{Call: "call", Peers: []calls.Peer{offers("bob")}}, func(calls.Input) {
				if where == "peer" { // its loop tells
					panic(where)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, "the guard is told", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(failures) > 0 && failures[0] == where
			})
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			s.lingering.Wait()
			closeEngine(t, engine)
		})
	}
}

// panicking is a booth whose microphone may.
type panicking struct {
	*booth
	where string
}

func (p panicking) OpenSource() (audio.SourceCloser, error) {
	if p.where == "microphone" {
		panic(p.where)
	}
	return p.booth.OpenSource()
}
