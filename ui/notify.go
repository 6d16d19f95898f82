package ui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// Notify says how a person who looks elsewhere is told of a call.
type Notify string

// The ways. Where one cannot be had, the next below it stands in, down to the
// bell.
const (
	NotifyAuto   Notify = "auto"   // the best there is
	NotifyNative Notify = "native" // by the desktop that the program runs on
	NotifyOSC    Notify = "osc"    // by the terminal
	NotifyBell   Notify = "bell"   // by its bell alone
	NotifyOff    Notify = "off"    // not at all, and no bell
)

// desktopPatience is how long the desktop may take to show a notification.
const desktopPatience = 5 * time.Second

// focus is whether somebody looks at the terminal, as far as it told.
type focus string

const (
	focusUntold focus = ""
	focusHere   focus = "here"
	focusAway   focus = "away"
)

// Way is how somebody is notified in the end who wants it so. Desktop: there is
// one that could.
func (t Terminal) Way(want Notify, desktop bool) Notify {
	switch {
	case want == NotifyOff || want == NotifyBell:
		return want
	case want != NotifyOSC && desktop && !t.Remote:
		return NotifyNative
	case t.osc() != "":
		return NotifyOSC
	}
	return NotifyBell
}

// news is what a person is to notice.
type news struct {
	text string // clean
	ring bool   // a call rings now; else it was missed
}

// noticing is how a person can be made to notice something.
type noticing struct {
	want    Notify
	desktop bool // there is a desktop to ask
	bell    bool // the bell rings besides, for a call
	silent  bool // the phone has no speaker to ring by
	focus   focus
}

// alert is what is done for it.
type alert struct {
	write string // to the terminal, as it is
	ask   string // the desktop, to show this
}

// alert decides what is done. Whoever looks at the screen needs nothing but, if
// the phone cannot ring, the bell.
func (t Terminal) alert(n noticing, about news) alert {
	const bell = "\a"
	rings := about.ring && n.bell && n.want != NotifyOff
	switch {
	case n.focus == focusHere && rings && n.silent:
		return alert{write: bell}
	case n.focus == focusHere, n.want == NotifyOff:
		return alert{}
	}
	var a alert
	switch t.Way(n.want, n.desktop) {
	case NotifyNative:
		if n.focus == focusAway || !t.tellsFocus() {
			a.ask = about.text
		}
	case NotifyOSC:
		a.write = t.notification(about.text)
	case NotifyBell:
		rings = true
	case NotifyAuto, NotifyOff:
	}
	if rings {
		a.write += bell
	}
	return a
}

// unnoticed is a message: the desktop could not show this.
type unnoticed struct{ news }

// notify makes the person notice something.
func (m *Model) notify(about news) tea.Cmd {
	a := m.cfg.Terminal.alert(noticing{
		want: m.cfg.Notify, desktop: m.cfg.Desktop != nil, bell: m.cfg.Bell, focus: m.focus,
		silent: m.silent(),
	}, about)
	var cmds []tea.Cmd
	if a.write != "" {
		cmds = append(cmds, tea.Raw(a.write))
	}
	if show := m.cfg.Desktop; a.ask != "" {
		cmds = append(cmds, func() tea.Msg {
			ctx, cancel := context.WithTimeout(context.Background(), desktopPatience)
			defer cancel()
			if err := show(ctx, a.ask); err != nil {
				return unnoticed{news{text: a.ask}} // and the terminal shows it instead
			}
			return nil
		})
	}
	return tea.Batch(cmds...)
}

// notifyInstead takes the terminal, for good, where the desktop failed.
func (m *Model) notifyInstead(about news) tea.Cmd {
	m.cfg.Desktop = nil
	return m.notify(about)
}

// notifyIncoming tells of each call that began to ring, once.
func (m *Model) notifyIncoming() tea.Cmd {
	var cmds []tea.Cmd
	var rung []calls.ID
	for _, c := range m.view.Incoming() {
		rung = append(rung, c.Call.ID)
		if !slices.Contains(m.rung, c.Call.ID) {
			text := m.lang.titleIncoming(m.peer(c.Call, nameLimit))
			cmds = append(cmds, m.notify(news{text: text, ring: true}))
		}
	}
	m.rung = rung
	return tea.Batch(cmds...)
}

// progress is the taskbar's while it rings here or there: nobody knows for how
// long.
func (m *Model) progress() *tea.ProgressBar {
	if m.waiting.call == "" && m.screen() != screenOutgoing || !m.cfg.Terminal.showsProgress() {
		return nil
	}
	return tea.NewProgressBar(tea.ProgressBarIndeterminate, 0)
}

// silent says whether nothing can be heard here.
func (m *Model) silent() bool {
	return slices.Contains([]string{NoSound, NoSpeaker, NoLine}, m.cfg.SoundNote)
}
