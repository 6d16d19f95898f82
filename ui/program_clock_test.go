package ui

import (
	"context"
	"io"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// counting shows how many keys it was given.
type counting int

func (counting) Init() tea.Cmd { return nil }

func (c counting) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(tea.KeyPressMsg); ok {
		c++
	}
	return c, nil
}

func (c counting) View() tea.View { return tea.NewView("keys " + strconv.Itoa(int(c))) }

// dated notes when something was written. It is safe for concurrent use.
type dated struct {
	mu sync.Mutex
	at []time.Time
}

func (d *dated) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = append(d.at, time.Now())
	return len(p), nil
}

func (d *dated) times() []time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.at)
}

// onClock runs a program of NewProgram in a bubble, whose time only passes while
// nothing happens.
func onClock(t *testing.T, do func(program *tea.Program, out *dated)) {
	synctest.Test(t, func(t *testing.T) {
		in, keys := io.Pipe()
		defer keys.Close() //nolint:errcheck // a pipe's end never fails
		out := &dated{}
		ctx, cancel := context.WithCancel(t.Context())
		program := NewProgram(counting(0), nil, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out),
			tea.WithWindowSize(20, 2), tea.WithoutSignalHandler(), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = program.Run() // the error says that it was cancelled
		}()
		do(program, out)
		cancel()
		_ = keys.Close()
		<-done
	})
}

func press(p *tea.Program) { p.Send(tea.KeyPressMsg{Code: 'j', Text: "j"}) }

func TestTheFirstPictureIsWrittenAtOnce(t *testing.T) {
	onClock(t, func(_ *tea.Program, out *dated) {
		began := time.Now()
		time.Sleep(time.Second)
		if at := out.times(); len(at) == 0 || at[0].Sub(began) > opening {
			t.Errorf("began at %v, written at %v", began, at)
		}
	})
}

func TestAPictureIsWrittenAtOnceAfterRest(t *testing.T) {
	onClock(t, func(p *tea.Program, out *dated) {
		for _, rest := range []time.Duration{50 * time.Millisecond, time.Second, 3*time.Second + 33*time.Millisecond} {
			time.Sleep(rest)
			before, pressed := len(out.times()), time.Now()
			press(p)
			time.Sleep(between)
			if at := out.times()[before:]; len(at) != 1 || at[0].Sub(pressed) != gather {
				t.Errorf("after %v: pressed at %v, written at %v", rest, pressed, at)
			}
		}
	})
}

func TestPicturesAreNotTooMany(t *testing.T) {
	onClock(t, func(p *tea.Program, out *dated) {
		time.Sleep(time.Second)
		before := len(out.times())
		for range 1000 {
			press(p)
			time.Sleep(time.Millisecond)
		}
		if n := len(out.times()) - before; n < framesPerSecond-5 || n > framesPerSecond+5 {
			t.Errorf("%d pictures in a second", n)
		}
		time.Sleep(between)
		last := len(out.times())
		time.Sleep(time.Minute)
		if len(out.times()) != last {
			t.Errorf("written %d times without a change", len(out.times())-last)
		}
	})
}
