package ui

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"tring/calls"
)

// terminal is a terminal that a whole program draws on, byte for byte.
type terminal struct {
	mu    sync.Mutex
	em    *vt.Emulator
	wrote chan struct{} // something was written
	count int
}

func newTerminal(t *testing.T, width, height int) *terminal {
	term := &terminal{em: vt.NewEmulator(width, height), wrote: make(chan struct{}, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, term.em) // its answers, which nobody waits for
	}()
	t.Cleanup(func() {
		if c, ok := term.em.InputPipe().(io.Closer); ok {
			_ = c.Close()
		}
		<-done
	})
	return term
}

// aside is what a program tells a terminal that is not drawn: the window's title,
// a notification. The emulator does not get it: it takes the byte 9C, a part of
// many letters, for its end.
var aside = regexp.MustCompile("\x1b\\][^\a\x1b]*(\a|\x1b\\\\)")

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count += len(p)
	select {
	case t.wrote <- struct{}{}:
	default:
	}
	_, err := t.em.Write(bytes.ReplaceAll(aside.ReplaceAll(p, nil), []byte("\n"), []byte("\r\n")))
	return len(p), err
}

// screen is what stands on the terminal, trailing blanks cut.
func (t *terminal) screen() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return trimmed(t.em.String())
}

func (t *terminal) bytes() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

func trimmed(s string) string {
	rows := strings.Split(strings.ReplaceAll(s, "\r", ""), "\n")
	for i := range rows {
		rows[i] = strings.TrimRight(rows[i], " ")
	}
	return strings.TrimRight(strings.Join(rows, "\n"), "\n")
}

// shows waits until the terminal shows this.
func (t *terminal) shows(tb testing.TB, want string) {
	tb.Helper()
	deadline := time.After(time.Minute)
	for !strings.Contains(t.screen(), want) {
		select {
		case <-t.wrote:
		case <-deadline:
			tb.Fatalf("the terminal never showed %q:\n%s", want, t.screen())
		}
	}
}

// hides waits until the terminal does not show this any more.
func (t *terminal) hides(tb testing.TB, unwanted string) {
	tb.Helper()
	deadline := time.After(time.Minute)
	for strings.Contains(t.screen(), unwanted) {
		select {
		case <-t.wrote:
		case <-deadline:
			tb.Fatalf("the terminal still shows %q:\n%s", unwanted, t.screen())
		}
	}
}

// rests waits until nothing has been written for a while.
func (t *terminal) rests() {
	for {
		select {
		case <-t.wrote:
		case <-time.After(300 * time.Millisecond):
			return
		}
	}
}

// running is a whole program on a terminal.
type running struct {
	*terminal
	tel     *telephone
	program *tea.Program
	model   *Model
	keys    io.Writer
	watched *watched
}

// watched is a model that keeps what it drew last.
type watched struct {
	*Model
	mu   sync.Mutex
	last string
}

func (w *watched) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := w.Model.Update(msg)
	return w, cmd
}

func (w *watched) View() tea.View {
	v := w.Model.View()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = v.Content
	return v
}

func (w *watched) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return trimmed(ansi.Strip(w.last))
}

// agrees waits until the terminal shows what the model drew.
func (r *running) agrees(tb testing.TB, scene string) {
	tb.Helper()
	deadline := time.After(time.Minute)
	for unmarked(r.screen()) != unmarked(r.watched.text()) {
		select {
		case <-r.wrote:
		case <-time.After(20 * time.Millisecond): // a frame may have come before the comparison
		case <-deadline:
			tb.Fatalf("%s: the terminal shows\n%s\n\nand the model\n%s", scene, r.screen(), r.watched.text())
		}
	}
}

// onTerminal runs a whole program on a terminal of this size, in a bubble, whose
// time only passes while nothing happens.
func onTerminal(t *testing.T, width, height int, contacts []calls.Contact, do func(*testing.T, *running)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { do(t, run(t, width, height, contacts)) })
}

func run(t *testing.T, width, height int, contacts []calls.Contact) *running {
	t.Helper()
	now := func() time.Time { return time.Now().UTC() }
	r := &running{terminal: newTerminal(t, width, height), tel: newTelephone(now)}
	r.tel.connect(contacts...)
	in, keys := io.Pipe()
	r.keys = keys
	r.model = New(Config{
		Agent: r.tel, Now: now, Theme: ThemeDark, Motion: true, Terminal: Terminal{Name: "xterm"}, NewCallID: func() calls.ID { return testCall },
	})
	ctx, cancel := context.WithCancel(context.Background())
	r.watched = &watched{Model: r.model}
	r.program = NewProgram(r.watched, nil, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(r.terminal),
		tea.WithWindowSize(width, height), tea.WithoutSignalHandler(),
		tea.WithEnvironment([]string{"TERM=xterm-256color", "COLORTERM=truecolor"}))
	events := make(chan calls.Event, 1024) // who tells must not wait for a program that asks
	r.tel.mu.Lock()
	r.tel.onEvent = func(e calls.Event) { events <- e }
	r.tel.mu.Unlock()
	var tasks sync.WaitGroup
	tasks.Go(func() {
		_, _ = r.program.Run() // the error says that it was cancelled
	})
	tasks.Go(func() {
		for {
			select {
			case e := <-events:
				r.program.Send(e)
			case <-ctx.Done():
				return
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = keys.Close()
		tasks.Wait()
		time.Sleep(time.Hour) // the bubble's time: the last timers run out
	})
	return r
}

func (r *running) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(r.keys, keys); err != nil {
		t.Fatal(err)
	}
}

// What a terminal shows after all the small updates is what the model drew,
// also where names hold wide letters and sequences of emoji.
func TestProgramDrawsWhatTheModelShows(t *testing.T) {
	onTerminal(t, 80, 24, []calls.Contact{
		contact("mei", "陈美玲 Mei", calls.Online, "工作室"),
		contact("zoe", "Zoë 👩\u200d🚀 Núñez", calls.Away), contact("evil", "e\x1b[2Jvil\u202e", calls.Offline),
	}, func(t *testing.T, r *running) {
		r.shows(t, "陈美玲 Mei")
		r.press(t, "jkj?")
		r.shows(t, "find a key")
		r.press(t, "?")
		r.press(t, "\r")
		r.shows(t, "calling…")
		r.tel.act(testCall, "mei", "phone", calls.Accept{Join: true})
		r.tel.media(testCall, "mei-phone", calls.MediaConnected)
		r.shows(t, "talking")
		r.tel.ring(otherCall, "zoe", calls.Audio)
		r.shows(t, "is calling you")
		r.tel.act(otherCall, "zoe", "phone", calls.Reject{Status: calls.Cancelled})
		r.shows(t, "Missed a call")
		r.press(t, "h")
		r.shows(t, "You hung up")
		r.press(t, "\x1b")
		r.shows(t, "Zoë 👩 Núñez")
		r.press(t, "k") // as it stands when the program begins
		r.shows(t, "› ○")
		r.rests()
		if got, want := r.screen(), r.drawn(); got != want {
			t.Errorf("the terminal shows\n%s\n\nand the model\n%s", got, want)
		}
	})
}

// drawn is what a screen shows that was opened just now.
func (r *running) drawn() string {
	fresh := New(r.model.cfg)
	fresh.take(tea.WindowSizeMsg{Width: 80, Height: 24})
	fresh.Update(readyMsg{})
	return trimmed(ansi.Strip(fresh.View().Content))
}

// An idle telephone writes nothing at all.
func TestProgramIsSilentWhileIdle(t *testing.T) {
	onTerminal(t, 80, 24, fourContacts(), func(t *testing.T, r *running) {
		r.shows(t, "Dmitri Sokolov")
		r.rests()
		before := r.bytes()
		select {
		case <-r.wrote:
			t.Errorf("%d bytes were written", r.bytes()-before)
		case <-time.After(time.Second):
		}
	})
}

// A call writes little, so that it can be had over a thin line too: the rows
// that move hold no names, for a row with a wide letter is sent whole.
func TestProgramWritesLittleInACall(t *testing.T) {
	const most = 2000 // bytes a second
	onTerminal(t, 80, 24, []calls.Contact{contact("mei", "陈美玲 Mei", calls.Online)}, func(t *testing.T, r *running) {
		r.shows(t, "陈美玲 Mei")
		r.press(t, "\r")
		r.shows(t, "calling…")
		r.tel.act(testCall, "mei", "phone", calls.Accept{Join: true})
		r.tel.media(testCall, "mei-phone", calls.MediaConnected)
		r.shows(t, "talking")
		before, began := r.bytes(), time.Now()
		voice := time.NewTicker(50 * time.Millisecond)
		defer voice.Stop()
		for i := range 60 {
			r.tel.speak(-40+float64(i*7%40), -40+float64(i*11%40))
			<-voice.C
		}
		rate := float64(r.bytes()-before) / time.Since(began).Seconds()
		if rate == 0 || rate > most {
			t.Errorf("%.0f bytes a second", rate)
		}
		t.Logf("%.0f bytes a second", rate)
	})
}

// A window that is dragged sends sizes by the dozen; what counts is the last.
func TestProgramSurvivesResizing(t *testing.T) {
	onTerminal(t, 80, 24, fourContacts(), func(t *testing.T, r *running) {
		r.shows(t, "Dmitri Sokolov")
		for i := range 300 {
			r.program.Send(tea.WindowSizeMsg{Width: i * 37 % 201, Height: i * 17 % 61})
		}
		r.program.Send(tea.WindowSizeMsg{Width: 80, Height: 24})
		r.rests()
		if got, want := r.screen(), r.drawn(); got != want {
			t.Errorf("the terminal shows\n%s\n\nand the model\n%s", got, want)
		}
	})
}
