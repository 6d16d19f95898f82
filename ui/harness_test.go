package ui

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// desk is a telephone with its screen, and somebody who sits in front of it. It
// works inside a synctest bubble, where time passes only when the test says so.
type desk struct {
	t      *testing.T
	tel    *telephone
	model  *Model
	msgs   chan tea.Msg
	ids    int
	bells  int
	raw    string // what was written beside the picture
	quit   bool
	slept  bool      // suspended
	orphan bool      // there is no shell above the phone
	turns  []float64 // what the volume of the other side was set to
}

// atDesk runs a test at a desk of this size. It begins on Saturday, 1 January
// 2000, 00:00 UTC, signed in, with four contacts.
func atDesk(t *testing.T, width, height int, test func(*desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, width, height, Config{Motion: true, Theme: ThemeDark})
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		test(d)
	})
}

func fourContacts() []calls.Contact {
	echo := contact("echo", "Echo", calls.Online)
	echo.TestLine = true
	gone := contact("dmitri", "Dmitri Sokolov", calls.Offline)
	gone.Since = time.Date(1999, 12, 31, 17, 20, 0, 0, time.UTC)
	return []calls.Contact{
		contact("bob", "Bob Okafor", calls.Online, "laptop", "desk"), echo,
		contact("carla", "Carla Weiss", calls.InCall, "phone"), gone,
	}
}

func newDesk(t *testing.T, width, height int, cfg Config) *desk {
	d := &desk{t: t, msgs: make(chan tea.Msg, 4096)}
	now := func() time.Time { return time.Now().UTC() }
	d.tel = newTelephone(now)
	cfg.Agent, cfg.Now, cfg.Stats, cfg.MarkSeen = d.tel, now, d.tel.Stats, d.tel.markSeen
	cfg.Volume = func(db float64) { d.turns = append(d.turns, db) }
	cfg.Favourite = d.tel.favourite
	cfg.Resumable = func() bool { return !d.orphan }
	cfg.NewCallID = func() calls.ID {
		d.ids++
		return calls.ID(fmt.Sprintf("01JD%022d", d.ids))
	}
	d.model = New(cfg)
	d.run(d.model.Init())
	d.tell(tea.WindowSizeMsg{Width: width, Height: height})
	return d
}

// leave ends the test: the last timers run out.
func (d *desk) leave() { time.Sleep(time.Minute) }

// tell gives the model a message and carries on with all that follows at once.
func (d *desk) tell(msg tea.Msg) {
	d.take(msg)
	d.settle()
}

func (d *desk) take(msg tea.Msg) {
	switch msg := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, cmd := range msg {
			d.run(cmd)
		}
	case tea.QuitMsg:
		d.quit = true
	case tea.SuspendMsg:
		d.slept = true
	case tea.RawMsg:
		d.raw += fmt.Sprint(msg.Msg)
		d.bells += strings.Count(fmt.Sprint(msg.Msg), "\a")
	default:
		_, cmd := d.model.Update(msg)
		d.run(cmd)
	}
}

func (d *desk) run(cmd tea.Cmd) {
	if cmd != nil {
		go func() { d.msgs <- cmd() }()
	}
}

// settle lets everything happen that needs no time.
func (d *desk) settle() {
	for {
		synctest.Wait()
		events := d.tel.heard()
		for _, e := range events {
			d.take(e)
		}
		select {
		case msg := <-d.msgs:
			d.take(msg)
			continue
		default:
		}
		if len(events) == 0 {
			return
		}
	}
}

// pass lets time pass.
func (d *desk) pass(span time.Duration) {
	const step = 20 * time.Millisecond
	for ; span > 0; span -= step {
		time.Sleep(min(span, step)) // the bubble's time
		d.settle()
	}
}

// press presses keys, one after the other: "a", "enter", "ctrl+c".
func (d *desk) press(keys ...string) {
	for _, k := range keys {
		d.tell(keyNamed(k))
	}
}

// hit presses a key as soon as the grace of what appeared is over.
func (d *desk) hit(key string) {
	d.pass(DefaultGrace)
	d.press(key)
}

// typed types text, letter by letter.
func (d *desk) typed(text string) {
	for _, r := range text {
		d.press(string(r))
	}
}

// search types a search, and waits for the server, which is asked once the typing
// pauses.
func (d *desk) search(query string) {
	d.press("/")
	d.typed(query)
	d.pass(time.Second)
}

// typesOn types without a pause while a call comes, so many times.
func (d *desk) typesOn(text string, times int) {
	d.tel.ring(otherCall, "carla", calls.Audio)
	d.settle()
	for range times {
		d.typed(text)
		d.pass(150 * time.Millisecond)
	}
}

// click clicks on words of the screen.
func (d *desk) click(words string) {
	d.t.Helper()
	for y, row := range strings.Split(d.screen(), "\n") {
		if i := strings.Index(row, words); i >= 0 {
			d.tell(tea.MouseClickMsg{X: ansi.StringWidth(row[:i]) + 1, Y: y, Button: tea.MouseLeft})
			return
		}
	}
	d.t.Fatalf("nothing to click on: %q\n%s", words, d.screen())
}

// screen is what can be read, without colours.
func (d *desk) screen() string {
	return ansi.Strip(d.model.View().Content)
}

// text is what the screen says, however it is broken into rows.
func (d *desk) text() string { return strings.Join(strings.Fields(d.screen()), " ") }

// reads checks that the screen says all of these.
func (d *desk) reads(wants ...string) {
	d.t.Helper()
	for _, want := range wants {
		if !strings.Contains(d.text(), want) {
			d.t.Fatalf("the screen does not say %q:\n%s", want, d.screen())
		}
	}
}

// lacks checks that the screen says none of these.
func (d *desk) lacks(wants ...string) {
	d.t.Helper()
	for _, want := range wants {
		if strings.Contains(d.text(), want) {
			d.t.Fatalf("the screen says %q:\n%s", want, d.screen())
		}
	}
}

// did checks which acts reached the phone since the last such check.
func (d *desk) did(wants ...string) {
	d.t.Helper()
	got := d.tel.did
	d.tel.did = nil
	if strings.Join(got, "; ") != strings.Join(wants, "; ") {
		d.t.Fatalf("the phone did %q, not %q", got, wants)
	}
}

// wrote checks what was written to the terminal beside the picture since the
// last such check.
func (d *desk) wrote(want string) {
	d.t.Helper()
	got := d.raw
	d.raw = ""
	if got != want {
		d.t.Fatalf("%q was written, not %q", got, want)
	}
}

// last is the row that says what the keys do.
func (d *desk) last() string {
	rows := strings.Split(d.screen(), "\n")
	return strings.TrimSpace(rows[len(rows)-1])
}

// answer lets Bob accept the call that was placed, and the sound connect.
func (d *desk) answer(id calls.ID) {
	d.tel.act(id, "bob", "laptop", calls.Accept{Join: true})
	d.tel.media(id, "bob-laptop", calls.MediaConnected)
	d.settle()
}

// talk calls Bob and is in a call with him.
func (d *desk) talk() calls.ID {
	d.press("enter")
	held, ok := d.model.view.Held()
	if !ok {
		d.t.Fatalf("no call was placed:\n%s", d.screen())
	}
	d.answer(held.Call.ID)
	d.did("initiate audio bob")
	return held.Call.ID
}

// resize changes the size of the terminal.
func (d *desk) resize(width, height int) {
	d.tell(tea.WindowSizeMsg{Width: width, Height: height})
}

func background(grey uint16) tea.BackgroundColorMsg {
	return tea.BackgroundColorMsg{Color: color.Gray16{Y: grey}}
}

// isSane checks that the screen fills the terminal and no more, and that some row
// says what the keys do.
func (d *desk) isSane() {
	d.t.Helper()
	width, height := d.model.width, d.model.height
	rows := strings.Split(d.model.View().Content, "\n")
	if width == 0 || height == 0 {
		rows = nil
	} else if len(rows) != height {
		d.t.Fatalf("%d rows at %d×%d:\n%s", len(rows), width, height, d.screen())
	}
	for i, row := range rows {
		if w := ansi.StringWidth(row); w > width {
			d.t.Fatalf("row %d is %d columns wide at %d×%d:\n%s", i, w, width, height, d.screen())
		}
	}
	explains := func(h hit) bool { return len(h.keys) > 0 }
	if width >= 10 && height >= 1 && !slices.ContainsFunc(d.model.zones.hits, explains) {
		d.t.Fatalf("no row explains a key at %d×%d:\n%s", width, height, d.screen())
	}
}

// history gives the server some finished calls of last year.
func (d *desk) history() {
	past := func(n int, from, to calls.UserID, s calls.Status, at string, talked time.Duration) {
		began, err := time.Parse(time.DateTime, at)
		if err != nil {
			d.t.Fatal(err)
		}
		c := calls.Call{
			ID: calls.ID(fmt.Sprintf("01JC%022d", 99-n)), Type: calls.Audio, Status: s, Initiator: from,
			Receiver: calls.User(to), InitiatedAt: began, EndedAt: began.Add(talked),
			Parties: []calls.Party{{User: from, State: calls.PartyLeft}, {User: to, State: calls.PartyUnanswered}},
		}
		if talked > 0 {
			c.AnsweredAt = began
		}
		if r, ok := calls.RecordFor(c, "ada"); ok {
			d.tel.records = append(d.tel.records, r)
		}
	}
	past(1, "ada", "bob", calls.Ended, "1999-12-31 23:40:00", 250*time.Second)
	past(2, "bob", "ada", calls.Unanswered, "1999-12-31 18:02:00", 0)
	past(3, "ada", "carla", calls.Busy, "1999-12-30 09:14:00", 0)
	past(4, "dmitri", "ada", calls.Ended, "1999-12-28 11:00:00", time.Hour+2*time.Minute)
	past(5, "ada", "bob", calls.Ended, "1999-11-02 08:30:00", 12*time.Minute)
	d.tel.missed = 1
	d.tell(historyDueMsg{})
}
