package ui

import (
	"context"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// Guide is what the guide for the first run can do.
type Guide struct {
	// First: there is no account yet, and the guide is what the screen begins
	// with.
	First bool
	// Seen remembers that the person has looked at that; nil remembers nothing.
	Seen func()
	// Echo is whom one calls to try the phone; empty: nobody.
	Echo calls.UserID
	// Join binds this phone to an account and makes that the one in use; it tells
	// each step as it begins. The screen that asked for it ends then, and its
	// Again is true. It may take time, and ends early with its ctx.
	Join func(ctx context.Context, address, invite string, tell func(JoinStep)) error
}

// JoinStep is a step of joining a server.
type JoinStep string

// The steps, in their order.
const (
	JoinKey    JoinStep = "key"    // finding or making the key
	JoinInvite JoinStep = "invite" // binding it to the account
	JoinSignIn JoinStep = "signin"
)

// joinPatience is for all steps together.
const joinPatience = 45 * time.Second

// guidePage is what the guide shows.
type guidePage int

const (
	guideWays guidePage = iota
	guideForm
	guideJoining
	guideJoined // in a call: nothing begins again before it is over
	guideServe
)

// guideWay is a way to begin.
type guideWay struct{ name, how string }

// The fields of the form.
const (
	fieldAddress = iota
	fieldInvite
)

// guide offers the ways to begin: to try, to join a server, to be one.
type guide struct {
	page   guidePage
	chosen int // of the ways
	top    int // the first row of the page of the server that is shown
	fields [2]textinput.Model
	field  int // the one that letters go into
	fault  string
	join   *joining
	clicks []int // the way or the field of each row that was drawn
}

// joining is one attempt to join. The command that joins writes the steps; the
// channel is closed when it is done.
type joining struct {
	address string
	steps   chan JoinStep
	stop    context.CancelFunc
	begun   []JoinStep
	since   time.Time // of the present step
}

type (
	joinStepMsg struct {
		join *joining
		step JoinStep
	}
	joinedMsg struct {
		join *joining
		err  error
	}
	joinTickMsg struct{ join *joining }
)

func newGuide() *guide {
	g := &guide{}
	for i := range g.fields {
		f := textinput.New()
		f.Prompt = ""
		f.CharLimit = 300
		f.SetVirtualCursor(true)
		f.KeyMap.Paste.SetEnabled(false)
		g.fields[i] = f
	}
	return g
}

func (m *Model) openGuide() tea.Cmd {
	m.enter(newGuide())
	return nil
}

func (g *guide) typing() bool { return g.page == guideForm }

func (g *guide) title(m *Model) string {
	switch g.page {
	case guideForm, guideJoining, guideJoined:
		return m.lang.Say(textJoin)
	case guideServe:
		return m.lang.Say(textServe)
	case guideWays:
	}
	return m.lang.Say(textWelcome)
}

// ways are the ways to begin that there are.
func (g *guide) ways(m *Model) []guideWay {
	ways := []guideWay{{textJoin, textJoinHow}, {textServe, textServeHow}}
	if m.cfg.Guide.Echo != "" {
		ways = append([]guideWay{{textTry, textTryHow}}, ways...)
	}
	return ways
}

func (g *guide) keys(m *Model) []key.Binding {
	k := m.keys
	switch g.page {
	case guideForm:
		back := does(k.SearchClose, m.lang.Say(wordBack))
		if g.field == fieldAddress {
			return []key.Binding{does(k.SearchCall, m.lang.Say(wordNext)), back}
		}
		return []key.Binding{does(k.SearchCall, m.lang.Say(wordJoin)), does(k.NextField, m.lang.Say(textAddress)), back}
	case guideJoining:
		return []key.Binding{does(k.Back, m.lang.Say(wordCancel))}
	case guideJoined:
		return []key.Binding{does(k.Choose, m.lang.Say(wordContinue)), k.Back, k.Help}
	case guideServe:
		return []key.Binding{does(k.Back, m.lang.Say(wordBack)), k.Help}
	case guideWays:
	}
	return []key.Binding{k.Choose, does(k.Back, m.lang.Say(wordSkip)), k.Help}
}

func (g *guide) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	return tea.Batch(m.sawGuide(), g.pressPage(m, k))
}

// sawGuide remembers that the guide which came by itself was seen: who presses a
// key in it has.
func (m *Model) sawGuide() tea.Cmd {
	seen := m.cfg.Guide.Seen
	if !m.cfg.Guide.First || seen == nil {
		return nil
	}
	m.cfg.Guide.First = false
	return func() tea.Msg {
		seen()
		return nil
	}
}

func (g *guide) pressPage(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch g.page {
	case guideForm:
		return g.pressForm(m, k)
	case guideJoining:
		if key.Matches(k, m.keys.Back) {
			g.join.stop()
			g.page = guideForm
		}
	case guideJoined:
		return g.pressJoined(m, k)
	case guideServe:
		switch {
		case key.Matches(k, m.keys.Back):
			g.page = guideWays
		case key.Matches(k, m.keys.Up):
			return g.move(m, -1)
		case key.Matches(k, m.keys.Down):
			return g.move(m, 1)
		}
	case guideWays:
		return g.pressWays(m, k)
	}
	return nil
}

func (g *guide) pressWays(m *Model, k tea.KeyPressMsg) tea.Cmd {
	last := len(g.ways(m)) - 1
	switch {
	case key.Matches(k, m.keys.Back):
		m.enter(nil)
	case key.Matches(k, m.keys.Up):
		return g.move(m, -1)
	case key.Matches(k, m.keys.Down):
		return g.move(m, 1)
	case key.Matches(k, m.keys.Top):
		g.chosen = 0
	case key.Matches(k, m.keys.Bottom):
		g.chosen = last
	case key.Matches(k, m.keys.Choose):
		return g.choose(m)
	}
	return nil
}

// move chooses another way or field, or shows another part of the page.
func (g *guide) move(m *Model, by int) tea.Cmd {
	switch g.page {
	case guideWays:
		g.chosen = min(max(g.chosen+by, 0), len(g.ways(m))-1)
	case guideForm:
		return g.focus(min(max(g.field+by, fieldAddress), fieldInvite))
	case guideServe:
		g.top += by
	case guideJoining, guideJoined:
	}
	return nil
}

// choose goes the chosen way.
func (g *guide) choose(m *Model) tea.Cmd {
	switch g.ways(m)[g.chosen].name {
	case textTry:
		if m.view.Link == calls.Connecting {
			m.notice = notice{text: m.lang.Say(textWaiting)}
			return nil
		}
		m.enter(nil)
		return m.dial(calls.User(m.cfg.Guide.Echo), calls.Audio)
	case textServe:
		g.page, g.top = guideServe, 0
	default:
		g.page = guideForm
		return g.focus(fieldAddress)
	}
	return nil
}

// focus lets letters go into a field.
func (g *guide) focus(field int) tea.Cmd {
	g.fields[g.field].Blur()
	g.field = field
	return g.fields[field].Focus()
}

func (g *guide) pressForm(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.SearchClose):
		g.page, g.fault = guideWays, ""
	case key.Matches(k, m.keys.NextField), key.Matches(k, m.keys.SearchUp), key.Matches(k, m.keys.SearchDown):
		return g.focus(1 - g.field)
	case key.Matches(k, m.keys.SearchCall) && g.field == fieldAddress:
		return g.focus(fieldInvite)
	case key.Matches(k, m.keys.SearchCall):
		return g.begin(m)
	default:
		var cmd tea.Cmd
		g.fault = ""
		g.fields[g.field], cmd = g.fields[g.field].Update(k)
		g.unpack()
		return cmd
	}
	return nil
}

func (g *guide) pressJoined(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.Choose):
		return m.beginAgain(g.join.address)
	case key.Matches(k, m.keys.Back):
		m.enter(nil)
	}
	return nil
}

func (g *guide) value(field int) string { return strings.TrimSpace(g.fields[field].Value()) }

// begin joins the server of the form.
func (g *guide) begin(m *Model) tea.Cmd {
	address, invite := g.value(fieldAddress), g.value(fieldInvite)
	switch {
	case address == "":
		g.fault = m.lang.Say(textNoAddress)
		return g.focus(fieldAddress)
	case invite == "":
		g.fault = m.lang.Say(textNoInvite)
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), joinPatience)
	j := &joining{address: address, steps: make(chan JoinStep, 8), stop: stop, since: m.now()}
	g.join, g.page, g.fault = j, guideJoining, ""
	join := m.cfg.Guide.Join
	work := func() tea.Msg {
		defer stop()
		defer close(j.steps)
		return joinedMsg{j, join(ctx, address, invite, func(s JoinStep) { j.steps <- s })}
	}
	return tea.Batch(work, j.next, tea.Tick(time.Second, tick(joinTickMsg{j})))
}

// next waits for the next step.
func (j *joining) next() tea.Msg {
	if s, ok := <-j.steps; ok {
		return joinStepMsg{j, s}
	}
	return nil
}

func (g *guide) take(m *Model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case joinStepMsg:
		msg.join.begun, msg.join.since = append(msg.join.begun, msg.step), m.now()
		return msg.join.next
	case joinTickMsg: // the seconds of a step
		if g.page == guideJoining && msg.join == g.join {
			return tea.Tick(time.Second, tick(msg))
		}
	case joinedMsg:
		if msg.join == g.join {
			return g.joined(m, msg.err)
		}
	case tea.PasteMsg:
		if g.page == guideForm {
			g.fields[g.field], _ = g.fields[g.field].Update(tea.PasteMsg{Content: Clean(msg.Content, 600)})
			g.unpack()
		}
	}
	return nil
}

// joined takes the end of an attempt; one that was given up may have succeeded
// all the same.
func (g *guide) joined(m *Model, err error) tea.Cmd {
	cancelled := g.page != guideJoining
	switch {
	case err == nil:
		g.page = guideJoined
		if m.inCall() || m.waiting.call != "" {
			return nil
		}
		return m.beginAgain(g.join.address)
	case !cancelled:
		g.page, g.fault = guideForm, m.lang.JoinFault(g.join.address, err)
	}
	return nil
}

// unpack finds the address and the invite in such a line, wherever it was pasted.
func (g *guide) unpack() {
	address, invite, ok := LoginLine(g.fields[g.field].Value())
	if ok {
		g.fields[fieldAddress].SetValue(address)
		g.fields[fieldInvite].SetValue(invite)
		g.focus(fieldInvite)
	}
}

// LoginLine finds the address and the invite in the line that "tring user add"
// prints.
func LoginLine(line string) (address, invite string, ok bool) {
	words := strings.Fields(line)
	for i, w := range words {
		if w == "login" && i+3 < len(words) && words[i+2] == "--invite" {
			return words[i+1], words[i+3], true
		}
	}
	return "", "", false
}

func (g *guide) click(m *Model, _, y int, double bool) tea.Cmd {
	if y < 0 || y >= len(g.clicks) || g.clicks[y] < 0 {
		return nil
	}
	switch g.page {
	case guideWays:
		if again := g.chosen == g.clicks[y] && double; again {
			return tea.Batch(m.sawGuide(), g.choose(m))
		}
		g.chosen = g.clicks[y]
		return m.sawGuide()
	case guideForm:
		return g.focus(g.clicks[y])
	case guideJoining, guideJoined, guideServe:
	}
	return nil
}
