package ui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// sheet is what lies over the screen until it is put away: a question, the
// help, the palette. There is one at a time, and an incoming call lies over it.
type sheet interface {
	// press takes a key; nobody beneath does.
	press(m *Model, k tea.KeyPressMsg) tea.Cmd
	// box is what the sheet shows, without its border.
	box(m *Model) []line
	// keys are for the last row.
	keys(m *Model) []key.Binding
}

// room is a page that takes the whole screen while there is no call, such as
// the settings. A call takes the screen over and gives it back.
type room interface {
	title(m *Model) string
	// rows is the page between the head and the keys.
	rows(m *Model, width, height int) []string
	press(m *Model, k tea.KeyPressMsg) tea.Cmd
	keys(m *Model) []key.Binding
	// take hears every message that no key is; a room that needs none ignores
	// them.
	take(m *Model, msg tea.Msg) tea.Cmd
}

// typer is a sheet or a room with a field that letters go into now, so that
// they are no commands.
type typer interface{ typing() bool }

// paster is a sheet with a field that takes what is pasted.
type paster interface{ paste(text string) tea.Cmd }

// open lays a sheet over the screen.
func (m *Model) open(s sheet) { m.sheet = s }

// enter opens a room; nil leaves it.
func (m *Model) enter(r room) {
	if left, ok := m.room.(interface{ leave() }); ok {
		left.leave()
	}
	m.room, m.sheet = r, nil
}

// typing says whether a letter is a letter now, and no command.
func (m *Model) typing() bool {
	if t, ok := m.sheet.(typer); ok && m.sheet != nil {
		return t.typing()
	}
	if m.sheet != nil {
		return false
	}
	switch m.screen() {
	case screenPeople:
		return m.people.searching
	case screenRoom:
		t, ok := m.room.(typer)
		return ok && t.typing()
	case screenRecent, screenOutgoing, screenTalking, screenEnded:
	}
	return false
}

// typed is the last key, when it came, and whether it left somebody in a field.
type typed struct {
	in  bool
	at  time.Time
	key rune
}

// cut says whether a letter was meant for a field that no key has closed, but
// the end of a call, say. Until there is a pause it is no command.
func (m *Model) cut(k tea.KeyPressMsg) bool {
	now := m.now()
	if k.Text == "" || !m.typed.in || m.typing() || now.Sub(m.typed.at) >= m.cfg.Grace {
		return false
	}
	m.typed.at = now
	return true
}

// door is a room that one may enter, and its key.
type door struct {
	key   key.Binding
	enter func() tea.Cmd
}

// doors are those that there are here and now.
func (m *Model) doors() []door {
	var doors []door
	if m.hasSettings() {
		doors = append(doors, door{m.keys.Settings, m.openSettings})
	}
	if s := m.callScreen(); s != screenPeople && s != screenRecent && s != screenRoom {
		return doors
	}
	if m.cfg.Accounts != nil {
		doors = append(doors, door{m.keys.Account, m.openAccount})
	}
	if m.cfg.Log != nil {
		doors = append(doors, door{m.keys.Log, m.openLog})
	}
	if m.cfg.Guide.Join != nil {
		doors = append(doors, door{m.keys.Guide, m.openGuide})
	}
	return doors
}

// door is what enters the room of a key; nil where the key is of none, or a
// letter.
func (m *Model) door(k tea.KeyPressMsg) func() tea.Cmd {
	if m.typing() {
		return nil
	}
	for _, d := range m.doors() {
		if key.Matches(k, d.key) {
			return d.enter
		}
	}
	return nil
}

// passPaste gives what was pasted to the room that it was meant for.
func (m *Model) passPaste(msg tea.PasteMsg) tea.Cmd {
	if m.covered() || m.screen() != screenRoom {
		return nil
	}
	return m.pass(msg)
}
