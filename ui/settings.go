package ui

import (
	"context"
	"errors"
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/audio"
	"tring/calls"
)

// Settings is where the page of settings reads and changes them. Keys are those
// of the settings file, such as "audio.gain", and values are texts. Its methods
// are safe for concurrent use; Read and Language return at once.
type Settings interface {
	// Read is every setting as it is in force.
	Read() map[string]Setting
	// Change puts one in force and writes it into the file. The error is
	// [ErrNotWritten] where it is in force, for this run; with any other it is
	// not.
	Change(context.Context, Change) error
	// Language is what a setting of it means.
	Language(setting string) Language
}

// Setting is one setting. Variable is what sets it in the environment, and will
// again at the next start; empty: nothing.
type Setting struct {
	Values   []string
	Variable string
}

// Change is one setting to be changed to these values, or to the usual one
// where there are none. Changes may arrive in any order: of two of the same key
// the one with the greater number holds.
type Change struct {
	Number int
	Key    string
	Values []string
}

// ErrNotWritten marks errors of settings that hold for this run only.
var ErrNotWritten = errors.New("not written")

// Sounder tries out the sound while there is no call. Its methods are safe for
// concurrent use and, but for Level, take their time.
type Sounder interface {
	Devices(context.Context) (SoundDevices, error)
	// Hear listens to the microphone for a while, or until ctx ends where that is
	// zero, and judges it.
	Hear(context.Context, time.Duration) (audio.Recording, error)
	// Level is how loud the microphone of Hear is now, in dBFS.
	Level() float64
	// PlayBack plays what was heard last.
	PlayBack(context.Context) error
	// Ring rings the bell for a moment.
	Ring(context.Context) error
}

// SoundDevices are those of the machine, by the names that the settings take.
type SoundDevices struct {
	Microphones, Speakers []string
	// Hears and Plays are the two in use by the names that the system gives them;
	// empty: not known.
	Hears, Plays string
	// Canceller tells whether this program can cancel echo at all.
	Canceller bool
}

// preferences are the settings as this screen knows them, also while no page
// shows them.
type preferences struct {
	values  map[string]Setting
	number  int            // of the last change
	pending map[string]int // the last change of each setting that has no answer
	dark    bool
}

// settingMsg is the answer to one change.
type settingMsg struct {
	number int
	key    string
	err    error
}

// value is a setting's only value; empty if there is none.
func (p *preferences) value(key string) string {
	if list := p.values[key].Values; len(list) > 0 {
		return list[0]
	}
	return ""
}

// change puts a setting in force: what concerns the screen here and at once,
// the rest by a command, which also writes it into the file.
func (m *Model) change(name string, values ...string) tea.Cmd {
	p := &m.preferences
	p.number++
	s := p.values[name]
	s.Values = values
	p.values[name] = s
	if p.pending == nil {
		p.pending = map[string]int{}
	}
	p.pending[name] = p.number
	change, settings := Change{p.number, name, values}, m.cfg.Settings
	return tea.Batch(m.applySetting(name), func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return settingMsg{change.Number, name, settings.Change(ctx, change)}
	})
}

// settingDone takes the answer to a change: what is in force now may be another
// value than was wanted, or the usual one.
func (m *Model) settingDone(msg settingMsg) tea.Cmd {
	m.preferences.answered(msg, m.cfg.Settings.Read())
	switch {
	case errors.Is(msg.err, ErrNotWritten):
		m.notice = notice{m.lang.Say("It holds for this run only: %s", m.lang.Reason(msg.err)), true}
	case msg.err != nil:
		m.notice = notice{m.lang.Say("Not changed: %s", m.lang.Reason(msg.err)), true}
	}
	return m.applySetting(msg.key)
}

// answered takes what is in force now, but for settings that were changed again
// meanwhile.
func (p *preferences) answered(msg settingMsg, values map[string]Setting) {
	if p.pending[msg.key] == msg.number {
		delete(p.pending, msg.key)
	}
	for name := range p.pending {
		values[name] = p.values[name]
	}
	p.values = values
}

// applySetting lets the screen follow one of its own settings.
func (m *Model) applySetting(name string) tea.Cmd {
	value := m.preferences.value(name)
	if value == "" && !isKey(name) {
		return nil // the usual one, which the answer tells
	}
	switch {
	case name == "theme":
		return m.setTheme(Theme(value))
	case name == "lang":
		m.lang = m.cfg.Settings.Language(value)
		m.cfg.Language = m.lang
		m.setKeys(m.cfg.Keys)
		m.styles = newStyles(m.preferences.dark, m.lang)
	case name == "motion":
		m.cfg.Motion = value == "true"
	case name == "mouse":
		m.cfg.Mouse = value == "true"
	case name == "bell":
		m.cfg.Bell = value == "true"
	case name == "notify":
		m.cfg.Notify = Notify(value)
	case name == "talk":
		m.cfg.Talk = Talk(value)
	case isKey(name):
		m.setKeys(m.preferences.keys())
	}
	return nil
}

func (m *Model) setTheme(t Theme) tea.Cmd {
	m.cfg.Theme = t
	if t == ThemeAuto {
		return tea.RequestBackgroundColor
	}
	m.setDark(t == ThemeDark)
	return nil
}

func (m *Model) setDark(dark bool) {
	m.preferences.dark = dark
	m.styles = newStyles(dark, m.lang)
}

func (m *Model) setKeys(keys map[string][]string) {
	if k, _, err := newKeymap(m.lang, keys); err == nil {
		m.keys, m.cfg.Keys = k, keys
	}
}

// openSettings opens the page, over a call too.
func (m *Model) openSettings() tea.Cmd {
	held, _ := m.view.Held()
	r := &settingsRoom{call: held.Call.ID, level: newMeter(), at: map[settingsGroup]int{}}
	m.preferences.values = m.cfg.Settings.Read()
	m.enter(r)
	return r.look(m)
}

// hasSettings says whether the key of the settings opens them here.
func (m *Model) hasSettings() bool {
	if m.cfg.Settings == nil {
		return false
	}
	switch m.screen() {
	case screenPeople, screenRecent, screenTalking:
		return true
	case screenRoom:
		_, open := m.room.(*settingsRoom)
		return !open
	case screenOutgoing, screenEnded:
	}
	return false
}

// settingsRoom is the page of settings: one group of them at a time. Over a
// call it stays as long as that call is held.
type settingsRoom struct {
	call  calls.ID
	group int
	at    map[settingsGroup]int // the chosen one of each group

	devices SoundDevices
	looked  bool // devices holds what the machine has
	failed  error

	trial trial
	stop  context.CancelFunc // of the trial; nil: none
	runs  int                // trials that were begun, to know a late answer
	heard audio.Recording
	fault string
	level meter

	drawn struct{ list, from, to int } // where the list was drawn
}

// leave ends what is tried out.
func (r *settingsRoom) leave() { r.end() }

// title says too that a call goes on beneath.
func (r *settingsRoom) title(m *Model) string {
	held, _ := m.view.Held()
	if !r.over(m) {
		return m.lang.Say(textSettings)
	}
	return m.lang.Say(textSettings) + " · " + m.lang.titleTalking(m.peer(held.Call, max(m.inner()/3, 1)))
}

// over says whether the page lies over the call.
func (r *settingsRoom) over(m *Model) bool {
	held, ok := m.view.Held()
	return ok && held.Call.ID == r.call
}

func (r *settingsRoom) open() settingsGroup { return settingsGroups()[r.group] }

// chosen is the setting that the next key acts on.
func (r *settingsRoom) chosen(m *Model) (item, bool) {
	list := m.settingItems(r.open())
	if len(list) == 0 {
		return item{}, false
	}
	return list[min(r.at[r.open()], len(list)-1)], true
}

func (r *settingsRoom) choose(m *Model, i int) {
	r.at[r.open()] = max(min(i, len(m.settingItems(r.open()))-1), 0)
}

// itemKeys are those for the chosen setting.
func (r *settingsRoom) itemKeys(m *Model) []key.Binding {
	k := m.keys
	it, _ := r.chosen(m)
	tab := does(k.Tab, m.lang.Say(wordNextPage))
	switch it.does {
	case bySteps:
		return []key.Binding{k.Less, k.More, k.Back, tab, k.Help}
	case byListening, byTest, byRinging:
		words := m.lang.Say(wordStart)
		if r.stop != nil {
			words = m.lang.Say(wordStopTrial)
		}
		return []key.Binding{does(k.Change, words), k.Back, tab, k.Help}
	case byChoice, byKey, byText, byDevice:
	}
	return []key.Binding{k.Change, k.Back, tab, k.Usual, k.Help}
}

func (r *settingsRoom) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	last := len(m.settingItems(r.open())) - 1
	switch {
	case key.Matches(k, m.keys.Back), key.Matches(k, m.keys.Settings):
		m.enter(nil)
	case key.Matches(k, m.keys.Tab):
		r.turn(1)
	case key.Matches(k, m.keys.TabBack):
		r.turn(-1)
	case key.Matches(k, m.keys.Up):
		return r.move(m, -1)
	case key.Matches(k, m.keys.Down):
		return r.move(m, 1)
	case key.Matches(k, m.keys.Top):
		r.choose(m, 0)
	case key.Matches(k, m.keys.Bottom):
		r.choose(m, last)
	default:
		return r.pressItem(m, k)
	}
	return nil
}

func (r *settingsRoom) move(m *Model, by int) tea.Cmd {
	r.choose(m, r.at[r.open()]+by)
	return nil
}

// turn opens the next group.
func (r *settingsRoom) turn(by int) {
	n := len(settingsGroups())
	r.group = (r.group + by + n) % n
}

// pressItem takes a key for the chosen setting.
func (r *settingsRoom) pressItem(m *Model, k tea.KeyPressMsg) tea.Cmd {
	it, ok := r.chosen(m)
	switch {
	case !ok:
	case key.Matches(k, m.keys.Change):
		return r.act(m, it)
	case key.Matches(k, m.keys.More):
		return r.step(m, it, 1)
	case key.Matches(k, m.keys.Less):
		return r.step(m, it, -1)
	case key.Matches(k, m.keys.Usual) && it.key != "":
		return m.change(it.key)
	}
	return nil
}

// act does with a setting what its kind is for.
func (r *settingsRoom) act(m *Model, it item) tea.Cmd {
	switch it.does {
	case byChoice, bySteps:
		return r.step(m, it, 1)
	case byDevice:
		m.open(&choosing{room: r, item: it, at: -1})
		return r.look(m)
	case byText:
		return m.openTyping(it)
	case byKey:
		m.open(&binding{item: it})
	case byListening, byTest, byRinging:
		return r.try(m, it.does)
	}
	return nil
}

// step goes to the next or the last value.
func (r *settingsRoom) step(m *Model, it item, by int) tea.Cmd {
	now := m.preferences.value(it.key)
	switch it.does {
	case byChoice:
		n := len(it.choices)
		i := slices.IndexFunc(it.choices, func(c choice) bool { return c.value == now })
		return m.change(it.key, it.choices[(i+by+n)%n].value)
	case bySteps:
		if next, ok := it.next(now, by); ok {
			return m.change(it.key, next)
		}
	case byKey:
		return r.moreKeys(m, it, by)
	case byDevice, byText, byListening, byTest, byRinging:
	}
	return nil
}

// take hears what comes back, and the ticks.
func (r *settingsRoom) take(m *Model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case devicesMsg:
		r.devices, r.failed, r.looked = msg.devices, msg.err, true
	case settingMsg:
		if _, device := deviceKeys[msg.key]; device {
			return r.look(m)
		}
	case tickMsg:
		r.tick(m)
	case heardMsg:
		return r.wasHeard(m, msg)
	case triedMsg:
		r.wasTried(m, msg)
	}
	return nil
}
