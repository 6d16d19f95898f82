package ui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"tring/audio"
	"tring/calls"
)

// Model is one screen. The Bubble Tea program that runs it owns it: no method is
// safe for concurrent use.
type Model struct {
	cfg    Config
	lang   Language
	keys   keymap
	styles styles
	width  int
	height int

	view    calls.View // the newest snapshot
	tab     tab
	people  people
	recent  recent
	dialing dialing
	waiting waiting
	ended   ended
	mute    muting
	dialled dialled
	push    pushing
	// recording: the Recorder works on a key.
	recording bool
	// disturbing: a change of do-not-disturb is on its way.
	disturbing bool
	// answering is the call that this screen has accepted, until the answer.
	answering   calls.ID
	preferences preferences

	sheet sheet // nil: none
	room  room  // nil: none
	again bool  // see Again
	focus focus
	// clusters: the terminal counts a syllable as one, see settled.
	clusters bool
	rung     []calls.ID // the calls that ring here and were told of
	typed    typed
	zones    zones
	notice   notice
	ticking  bool
	levels   audio.Levels
	mine     meter
	theirs   meter
	volumes  volumes
	quality  quality
}

// notice is one line that stands until the next key. Bad: something failed or
// was missed.
type notice struct {
	text string
	bad  bool
}

// tab is what the screen shows while there is no call.
type tab string

const (
	tabPeople tab = "people"
	tabRecent tab = "recent"
)

// screen is what the whole screen is about.
type screen string

const (
	screenPeople   screen = "people"
	screenRecent   screen = "recent"
	screenOutgoing screen = "outgoing"
	screenTalking  screen = "talking"
	screenEnded    screen = "ended"
	screenRoom     screen = "room"
)

// New makes a screen; hand it to [NewProgram].
func New(cfg Config) *Model {
	cfg = cfg.withDefaults()
	m := &Model{cfg: cfg, lang: cfg.Language, styles: newStyles(cfg.Theme != ThemeLight, cfg.Language), tab: tabPeople}
	var err error
	if m.keys, _, err = newKeymap(cfg.Language, cfg.Keys); err != nil {
		m.notice = notice{Clean(err.Error(), maxNotice), true}
	}
	m.people, m.levels = newPeople(), audio.Silence()
	m.mine, m.theirs, m.volumes = newMeter(), newMeter(), newVolumes(cfg.Volumes)
	m.preferences.dark = cfg.Theme != ThemeLight
	m.view = cfg.Agent.Snapshot()
	m.people.book.heard(calls.View{}, m.view, m.now())
	if cfg.Guide.First {
		m.openGuide()
	}
	return m
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.refresh(), m.keepTicking(), tea.RequestTerminalVersion}
	if m.cfg.Theme == ThemeAuto {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	if m.view.Link == calls.LinkUp {
		cmds = append(cmds, m.load())
	}
	return tea.Batch(cmds...)
}

// Update implements tea.Model. It never waits.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.take(msg)
	return m, tea.Batch(cmd, m.keepTicking(), m.pin())
}

func (m *Model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = max(msg.Width, 0), max(msg.Height, 0)
	case tea.BackgroundColorMsg:
		if m.cfg.Theme == ThemeAuto {
			m.setDark(msg.IsDark())
		}
	case tea.KeyPressMsg:
		return tea.Batch(m.refresh(), m.press(msg))
	case tea.MouseMsg:
		return tea.Batch(m.refresh(), m.point(msg))
	case tea.FocusMsg, tea.BlurMsg, tea.TerminalVersionMsg, tea.KeyboardEnhancementsMsg, tea.KeyReleaseMsg,
		tea.ModeReportMsg:
		return m.terminal(msg)
	case unnoticed:
		return m.notifyInstead(msg.news)
	case tea.PasteMsg:
		return tea.Batch(m.paste(msg), m.passPaste(msg))
	case tea.ResumeMsg:
		return tea.Batch(m.refresh(), m.load())
	case calls.Event:
		return tea.Batch(m.hear(msg), m.pass(msg))
	case SoundNote:
		m.cfg.SoundNote = string(msg)
	case Leaving:
		m.notice = notice{m.lang.HostLeaves(time.Duration(msg)), true}
	case settingMsg:
		return tea.Batch(m.settingDone(msg), m.pass(msg))
	case recordingMsg:
		return m.recordingDone(msg)
	case Recorded:
		m.recorded(msg)
	case tickMsg:
		m.ticking = false
		return tea.Batch(m.refresh(), m.sample(), m.pass(msg))
	case doneMsg, directoryMsg, historyMsg, favouriteMsg, presenceMsg, volumeKeptMsg:
		return m.takeAnswer(msg)
	case readyMsg:
		m.people.ready = true
	case releaseMsg:
		m.letMove()
	case searchMsg:
		return m.lookUp(msg)
	case historyDueMsg:
		return m.loadHistory("")
	case volumeDueMsg:
		return m.volumeDue(msg)
	}
	return m.pass(msg)
}

// takeAnswer takes what the phone or the server answers to a command of the screen.
func (m *Model) takeAnswer(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case doneMsg:
		return m.done(msg)
	case directoryMsg:
		return m.tookPeople(msg)
	case historyMsg:
		return m.tookHistory(msg)
	case favouriteMsg:
		return m.favoured(msg)
	case presenceMsg:
		m.disturbing = false
		m.complain(m.lang.Say("set that"), msg.err)
		return m.refresh()
	case volumeKeptMsg:
		return m.volumeKept(msg)
	}
	return nil
}

// terminal takes what the terminal tells of itself, and of whoever sits there.
func (m *Model) terminal(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.FocusMsg:
		m.focus = focusHere
	case tea.BlurMsg:
		m.focus = focusAway
		return m.letGo()
	case tea.TerminalVersionMsg:
		m.cfg.Terminal = m.cfg.Terminal.Versioned(msg.Name)
	case tea.KeyboardEnhancementsMsg:
		m.push.releases = msg.SupportsEventTypes()
	case tea.KeyReleaseMsg:
		return m.release(msg)
	case tea.ModeReportMsg:
		m.countsClusters(msg)
	}
	return nil
}

// pass gives a message to the room, if there is one.
func (m *Model) pass(msg tea.Msg) tea.Cmd {
	if m.room == nil {
		return nil
	}
	return m.room.take(m, msg)
}

// screen is what the screen is about now. An incoming call is no screen: it lies
// over all of them.
func (m *Model) screen() screen {
	s := m.callScreen()
	if r, ok := m.room.(interface{ over(*Model) bool }); ok && s == screenTalking && r.over(m) {
		return screenRoom
	}
	return s
}

// callScreen is what the screen would be about without a room over a call.
func (m *Model) callScreen() screen {
	held, ok := m.view.Held()
	switch {
	case ok && held.Call.Status == calls.Initiated:
		return screenOutgoing
	case ok:
		return screenTalking
	case m.answered():
		return screenTalking
	case m.dialing.id != "" && !m.dialing.cancelled:
		return screenOutgoing
	case m.ended.call.ID != "":
		return screenEnded
	case m.room != nil:
		return screenRoom
	case m.tab == tabRecent:
		return screenRecent
	}
	return screenPeople
}

// inCall says whether quitting would end a call.
func (m *Model) inCall() bool {
	s := m.callScreen()
	return s == screenTalking || s == screenOutgoing
}

// answered says whether this phone's accept is on its way.
func (m *Model) answered() bool {
	c, ok := m.call(m.answering)
	return ok && c.Stage == calls.StageAnswering
}

func (m *Model) call(id calls.ID) (calls.CallView, bool) {
	for _, c := range m.view.Calls {
		if id != "" && c.Call.ID == id {
			return c, true
		}
	}
	return calls.CallView{}, false
}

// press takes one key, unless what it was meant for is gone.
func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	if m.decided(k) || m.cut(k) {
		return nil
	}
	cmd := m.pressTop(k)
	m.typed = typed{m.typing(), m.now(), k.Code}
	return cmd
}

// pressTop takes one key to whom it concerns: whatever lies on top, and nobody
// beneath.
func (m *Model) pressTop(k tea.KeyPressMsg) tea.Cmd {
	m.notice = notice{}
	switch {
	case key.Matches(k, m.keys.Interrupt):
		return m.quit()
	case key.Matches(k, m.keys.Suspend):
		return m.suspend()
	case m.waiting.call != "":
		return m.pressIncoming(k)
	case m.keysOfMicrophone(k):
		return m.pressMicrophone(k)
	case m.sheet != nil:
		return m.sheet.press(m, k)
	case key.Matches(k, m.keys.Palette):
		return m.openPalette()
	case key.Matches(k, m.keys.Help) && !m.typing():
		return m.openHelp()
	}
	return m.pressScreen(k)
}

// suspend goes back to the shell, where there is one and no call is lost by it.
func (m *Model) suspend() tea.Cmd {
	switch {
	case m.cfg.Hosted:
		m.notice = notice{text: m.lang.Say(textNoShell)}
	case m.inCall():
		m.notice = notice{text: m.lang.Say(textNoSuspend, m.keys.HangUp.Help().Key)}
	case m.cfg.Resumable == nil || !m.cfg.Resumable():
		m.notice = notice{text: m.lang.Say(textNobodyResumes)}
	default:
		return tea.Suspend
	}
	return nil
}

func (m *Model) pressScreen(k tea.KeyPressMsg) tea.Cmd {
	if enter := m.door(k); enter != nil {
		return enter()
	}
	switch m.screen() {
	case screenOutgoing:
		return m.pressOutgoing(k)
	case screenTalking:
		return m.pressTalking(k)
	case screenEnded:
		return m.pressEnded(k)
	case screenRecent:
		return m.pressRecent(k)
	case screenRoom:
		return m.room.press(m, k)
	case screenPeople:
	}
	return m.pressPeople(k)
}

// refresh reads the snapshot, and notices what changed in it that no event
// says.
func (m *Model) refresh() tea.Cmd {
	was := m.view
	m.view = m.cfg.Agent.Snapshot()
	m.people.book.heard(was, m.view, m.now())
	if _, room := m.sheet.(ofRoom); room && m.screen() != screenRoom {
		m.sheet = nil
	}
	held, holding := m.view.Held()
	if _, there := m.call(m.answering); !there || holding && held.Call.ID == m.answering {
		m.answering = ""
	}
	m.settleVolume()
	return tea.Batch(m.noticeIncoming(), m.settleDialing(), m.settlePushing())
}

// now is the time by the screen's clock.
func (m *Model) now() time.Time { return m.cfg.Now() }

// name is how a person or a group is called here, at most width columns wide.
func (m *Model) name(id string, width int) string { return m.called(id, "", width) }

// party is the name of somebody in a call.
func (m *Model) party(c calls.Call, u calls.UserID, width int) string {
	p, _ := c.Party(u)
	return m.called(string(u), p.Name, width)
}

// peer is the other side's name in a call.
func (m *Model) peer(c calls.Call, width int) string {
	return m.party(c, calls.UserID(c.Peer(m.view.Me.User)), width)
}
