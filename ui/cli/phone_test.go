package cli

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"
	"go.uber.org/goleak"

	"tring/audio/wav"
	"tring/calls"
	"tring/calls/server"
	"tring/config"
	"tring/guard/leak"
	"tring/ui"
)

// patience bounds what these tests wait for; nothing takes so long unless it is broken.
const patience = 5 * time.Minute

// house is a server with some people on it, in this process.
type house struct {
	t   *testing.T
	ctx context.Context
	srv *server.Server
	dir string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	dir := t.TempDir()
	srv, err := server.Open(ctx, server.Config{
		Listen: "127.0.0.1:0", Data: filepath.Join(dir, "srv"), TURN: "off",
		Timers: server.Timers{ // none that a slow machine meets
			Ring: calls.MaxRingTime, Media: patience, CallerGone: patience, Lease: patience, MediaLost: patience, Silence: patience, SignIn: patience,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return &house{t: t, ctx: ctx, srv: srv, dir: dir}
}

// phone is a running phone of a person, who gets an account with it.
func (h *house) phone(user calls.UserID, name string) *Phone {
	h.t.Helper()
	key := filepath.Join(h.dir, string(user))
	if err := config.MakeKey(key); err != nil {
		h.t.Fatal(err)
	}
	account, err := localAccount(h.ctx, h.srv, user, name, key, slog.New(slog.DiscardHandler))
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := NewPhone(account, Sound{Device: wav.Silence()})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	h.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	})
	until(h.t, string(user)+" is connected", func() bool { return p.Snapshot().Link == calls.LinkUp })
	return p
}

// display is a screen that shows a phone, and what a person does with it.
type display struct {
	t       *testing.T
	program *tea.Program
	mu      sync.Mutex
	glass   *vt.Emulator
}

func (h *house) screen(p *Phone) *display {
	d := &display{t: h.t, glass: vt.NewEmulator(80, 24)}
	d.program = tea.NewProgram(ui.New(ui.Config{Agent: p, NewCallID: newCallID, Stats: p.Stats, Grace: time.Nanosecond}),
		tea.WithInput(nil), tea.WithOutput(d), tea.WithoutSignalHandler(), tea.WithWindowSize(80, 24))
	p.AddCallListener("screen", func(e calls.Event) { d.program.Send(e) })
	done := make(chan error, 1)
	go func() {
		_, err := d.program.Run()
		done <- err
	}()
	h.t.Cleanup(func() {
		p.RemoveCallListener("screen")
		d.program.Quit()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	})
	return d
}

// Write takes what the program draws. There is no terminal driver that would
// turn a line feed into a new line.
func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.glass.Write([]byte(strings.ReplaceAll(string(p), "\n", "\r\n")))
	return len(p), err
}

func (d *display) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.glass.String()
}

func (d *display) sees(want string) {
	d.t.Helper()
	over := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(d.text(), want) {
		select {
		case <-tick.C:
		case <-over:
			d.t.Fatalf("the screen lacks %q:\n%s", want, d.text())
		}
	}
}

func (d *display) press(key rune) {
	d.program.Send(tea.KeyPressMsg{Code: key, Text: string(key)})
}

// Two phones of two people with two screens in one process ring each other:
// nothing of a phone lives outside of it.
func TestTwoScreensInOneProcess(t *testing.T) {
	// A tick of Bubble Tea's outlives its program by what is left of it.
	usual := []goleak.Option{
		goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("charm.land/bubbletea/v2.Tick.func1"),
		goleak.IgnoreAnyFunction("charm.land/bubbletea/v2.(*Program).execBatchMsg"),
	}
	defer func() {
		if left := leak.Find(usual...); left != nil {
			t.Error(left)
		}
	}()
	t.Run("call", func(t *testing.T) {
		h := newHouse(t)
		ann, bob := h.phone("ann", "Ann Onymous"), h.phone("bob", "Bob Loblaw")
		anns, bobs := h.screen(ann), h.screen(bob)
		anns.sees("› ● Bob Loblaw") // who is chosen: before, keys mean nobody
		bobs.sees("› ● Ann Onymous")

		anns.press('c')
		bobs.sees("is calling you")
		anns.sees("ringing")
		bobs.press('a')
		anns.sees("talking")
		bobs.sees("talking")
		bobs.press('h')
		anns.sees("Bob Loblaw hung up")
		bobs.sees("You hung up")

		bobs.press('x')
		bobs.sees("online")
		bobs.press('c')
		anns.sees("is calling you")
		anns.press('r')
		bobs.sees("declined")
	})
}

// A phone that calls while it is called by the same person: both end in one
// call, and nobody rings.
func TestGlare(t *testing.T) {
	h := newHouse(t)
	ann, bob := h.phone("ann", "Ann"), h.phone("bob", "Bob")
	errs := make(chan error, 2)
	for p, peer := range map[*Phone]calls.UserID{ann: "bob", bob: "ann"} {
		go func() {
			errs <- p.Do(h.ctx, calls.Command{Call: newCallID(), Act: calls.Initiate{Type: calls.Audio, Receiver: calls.User(peer)}})
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	until(t, "both talk in one call", func() bool {
		a, aOK := ann.Snapshot().Held()
		b, bOK := bob.Snapshot().Held()
		return aOK && bOK && a.Call.ID == b.Call.ID && a.Stage == calls.StageTalking && b.Stage == calls.StageTalking &&
			len(ann.Snapshot().Calls) == 1 && len(bob.Snapshot().Calls) == 1
	})
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	over := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-over:
			t.Fatalf("never: %s", what)
		}
	}
}
