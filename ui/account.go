package ui

import (
	"context"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// Accounts is what the account room works with. Its methods may take time and
// are safe for concurrent use.
type Accounts interface {
	// Own is what this machine knows of the account, without asking the server.
	Own(context.Context) (OwnAccount, error)
	Phones(context.Context) ([]calls.PhoneInfo, error)
	// RemovePhone signs a phone of the account out for good.
	RemovePhone(context.Context, calls.DeviceID) error
	SetPresence(context.Context, calls.Presence) error
	// Use makes another account the one in use. The screen that asked for it ends
	// then, and its Again is true.
	Use(context.Context, SavedAccount) error
}

// OwnAccount is the account in use.
type OwnAccount struct {
	Server      string // its address
	Fingerprint string // of the key: SHA256:…
	KeyFile     string // where the key is; empty: in the ssh agent
	Trial       bool   // it lasts as long as the program
	Seen        bool   // the key is the person's, who showed it to the phone's host by ssh
	Saved       []SavedAccount
}

// SavedAccount is an account that this machine can sign in to.
type SavedAccount struct {
	User   calls.UserID
	Name   string
	Server string // its address
	InUse  bool
}

// phonesEvery is how often the room looks which phones are online.
const phonesEvery = 10 * time.Second

// accountRoom shows the own account: who one is, with which key, on which
// phones, and as whom else.
type accountRoom struct {
	own    OwnAccount
	ownErr error
	known  bool // own was read, or could not be
	phones []calls.PhoneInfo
	failed error // to list the phones
	loaded bool  // the phones were listed
	chosen accountEntry
	top    int  // the first line that is shown
	due    bool // the phones will be asked for again
	lines  []accountLine
}

type (
	ownMsg struct {
		room *accountRoom
		own  OwnAccount
		err  error
	}
	phonesMsg struct {
		room   *accountRoom
		phones []calls.PhoneInfo
		err    error
	}
	phonesDueMsg struct{ room *accountRoom }
	presenceMsg  struct{ err error }
	removedMsg   struct {
		room  *accountRoom
		phone calls.PhoneInfo
		err   error
	}
	usedMsg struct {
		room    *accountRoom
		account SavedAccount
		err     error
	}
)

func (m *Model) openAccount() tea.Cmd {
	a := &accountRoom{}
	m.enter(a)
	return tea.Batch(a.loadOwn(m), a.loadPhones(m))
}

func (a *accountRoom) loadOwn(m *Model) tea.Cmd {
	accounts := m.cfg.Accounts
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		own, err := accounts.Own(ctx)
		return ownMsg{a, own, err}
	}
}

func (a *accountRoom) loadPhones(m *Model) tea.Cmd {
	accounts := m.cfg.Accounts
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		phones, err := accounts.Phones(ctx)
		return phonesMsg{a, phones, err}
	}
}

// later asks for the phones again after a while: nobody tells when one of them
// comes or goes.
func (a *accountRoom) later() tea.Cmd {
	if a.due {
		return nil
	}
	a.due = true
	return tea.Tick(phonesEvery, tick(phonesDueMsg{a}))
}

func (a *accountRoom) title(m *Model) string { return m.lang.Say(textAccount) }

func (a *accountRoom) keys(m *Model) []key.Binding {
	k := m.keys
	var list []key.Binding
	switch e := a.chosen; {
	case e.phone != "" && !a.here(e):
		list = append(list, k.Remove)
	case e.account != (SavedAccount{}) && !e.account.InUse:
		list = append(list, does(k.Choose, m.lang.Say(wordSwitch)))
	}
	return append(list, m.disturbKey(), k.Back, k.Help)
}

// disturbKey is the key of do-not-disturb with what it does now.
func (m *Model) disturbKey() key.Binding {
	if m.view.Settings.Presence == calls.DND {
		return does(m.keys.Disturb, m.lang.Say(wordDisturb))
	}
	return m.keys.Disturb
}

func (a *accountRoom) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Back):
		m.enter(nil)
	case key.Matches(k, m.keys.Up):
		a.step(-1)
	case key.Matches(k, m.keys.Down):
		a.step(1)
	case key.Matches(k, m.keys.Top):
		a.step(-len(a.entries()))
	case key.Matches(k, m.keys.Bottom):
		a.step(len(a.entries()))
	case key.Matches(k, m.keys.Disturb):
		return m.switchPresence()
	case key.Matches(k, m.keys.Remove):
		return a.askRemove(m)
	case key.Matches(k, m.keys.Choose) && a.known: // before, it would be of another row than one means
		return a.act(m)
	}
	return nil
}

// act does what the chosen row is for.
func (a *accountRoom) act(m *Model) tea.Cmd {
	switch e := a.chosen; {
	case e.phone != "":
		return a.askRemove(m)
	case e.account != (SavedAccount{}):
		return a.use(m, e.account)
	}
	return m.switchPresence()
}

// switchPresence lets no call ring, or again.
func (m *Model) switchPresence() tea.Cmd {
	if m.disturbing {
		return nil
	}
	m.disturbing = true
	want := calls.DND
	if m.view.Settings.Presence == calls.DND {
		want = calls.Online
	}
	accounts := m.cfg.Accounts
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return presenceMsg{accounts.SetPresence(ctx, want)}
	}
}

func (a *accountRoom) askRemove(m *Model) tea.Cmd {
	for _, p := range a.phones {
		switch {
		case p.Device.ID != a.chosen.phone:
		case p.This:
			m.notice = notice{text: m.lang.Say(textThisPhone)}
		default:
			m.open(removing{a, p})
		}
	}
	return nil
}

func (a *accountRoom) remove(m *Model, p calls.PhoneInfo) tea.Cmd {
	accounts := m.cfg.Accounts
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return removedMsg{a, p, accounts.RemovePhone(ctx, p.Device.ID)}
	}
}

func (a *accountRoom) use(m *Model, account SavedAccount) tea.Cmd {
	if account.InUse {
		return nil
	}
	accounts := m.cfg.Accounts
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return usedMsg{a, account, accounts.Use(ctx, account)}
	}
}

func (a *accountRoom) take(m *Model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case ownMsg:
		if msg.room == a {
			a.own, a.ownErr, a.known = msg.own, msg.err, true
		}
	case phonesMsg:
		if msg.room == a {
			a.phones, a.failed, a.loaded = msg.phones, msg.err, true
			return a.later()
		}
	case phonesDueMsg:
		if msg.room == a {
			a.due = false
			return a.loadPhones(m)
		}
	case removedMsg:
		m.complain(m.lang.Say("remove the phone"), msg.err)
		return a.loadPhones(m)
	case usedMsg:
		if msg.err != nil {
			m.complain(m.lang.Say("switch the account"), msg.err)
			return nil
		}
		return m.beginAgain(m.lang.address(msg.account))
	case calls.Event:
		if msg.Name == calls.ConnectionChanged && m.view.Link == calls.LinkUp {
			return a.loadPhones(m)
		}
	}
	return nil
}

// complain says that something did not work, if it did not.
func (m *Model) complain(act string, err error) {
	if err != nil {
		m.notice = notice{m.lang.error(act, "", err), true}
	}
}

// here says whether a row is the phone that one sits at.
func (a *accountRoom) here(e accountEntry) bool {
	for _, p := range a.phones {
		if p.Device.ID == e.phone {
			return p.This
		}
	}
	return false
}

// beginAgain ends the screen so that it may begin as another account. During a
// call it does not: the call would end with it.
func (m *Model) beginAgain(as string) tea.Cmd {
	cmd := m.refresh() // a call may just have come
	if m.inCall() || m.waiting.call != "" {
		m.notice = notice{text: m.lang.Say("Start tring again to be %s.", as)}
		return cmd
	}
	m.again = true
	return tea.Quit
}

// Again says, after the screen ended, that it is to begin once more, as the
// account that is in use by now.
func (m *Model) Again() bool { return m.again }

// removing is the question whether to remove a phone.
type removing struct {
	room  *accountRoom
	phone calls.PhoneInfo
}

func (r removing) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Yes):
		m.sheet = nil
		return r.room.remove(m, r.phone)
	case key.Matches(k, m.keys.No):
		m.sheet = nil
	}
	return nil
}

func (r removing) box(m *Model) []line {
	s, width := m.styles, m.boxText()
	rows := []string{""}
	for _, row := range wrap(m.lang.Say("Remove %s?", m.lang.phone(r.phone, max(width-12, 8))), width, 2) {
		rows = append(rows, s.strong.Render(row))
	}
	rows = append(rows, wrap(m.lang.Say(textRemoved), width, 2)...)
	return m.inBox(append(lines(rows...), line{}, s.keyLine(width, r.keys(m)...), line{}))
}

func (r removing) keys(m *Model) []key.Binding {
	return []key.Binding{does(m.keys.Yes, m.lang.Say(wordRemove)), does(m.keys.No, m.lang.Say(wordKeep))}
}
