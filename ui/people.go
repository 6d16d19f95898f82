package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// people is the list of whom one may call. The chosen one is kept by id from the
// first moment that it is drawn as such, so that nothing that comes or goes moves
// the choice.
type people struct {
	chosen    calls.Receiver
	at        int  // where the chosen one stood when the list was last looked at
	ready     bool // what makes the order is here: the first one is chosen
	directory roll // everybody
	here      roll // those who are here, where the phone does not hear of all
	searching bool
	field     textinput.Model
	found     roll // the server's answer to the search
	foundFor  string
	failed    error
	toEnd     bool // the last key went to the end: load on until it is there
	book      book
	listing   listing
	drawn     []*person // the list that is on the screen
	releasing bool      // a tick will end the hold
}

func newPeople() people {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 64
	f.SetVirtualCursor(false)
	f.KeyMap.Paste.SetEnabled(false) // it reads the clipboard of the machine that runs the program
	return people{field: f, book: newBook()}
}

func (p *people) query() string {
	if !p.searching {
		return ""
	}
	return strings.TrimSpace(p.field.Value())
}

func (p *people) openSearch() tea.Cmd {
	p.searching = true
	return p.field.Focus()
}

func (p *people) closeSearch() {
	p.searching, p.found, p.foundFor, p.failed = false, roll{}, "", nil
	p.book.dropAll(fromSearch, nobody)
	p.field.Reset()
	p.field.Blur()
}

func nobody(calls.Receiver) bool { return false }

// chosenIn is where the chosen contact stands in the list; the first if it is not
// there.
func (m *Model) chosenIn(list []*person) int {
	if at := m.people.at; at < len(list) && list[at].Receiver == m.people.chosen {
		return at
	}
	return max(slices.IndexFunc(list, func(p *person) bool { return p.Receiver == m.people.chosen }), 0)
}

func (m *Model) choose(list []*person, i int) {
	if len(list) > 0 {
		m.people.at = min(max(i, 0), len(list)-1)
		m.people.chosen = list[m.people.at].Receiver
	}
}

// move chooses another contact, and asks for what the list needs then.
func (m *Model) move(list []*person, i int) tea.Cmd {
	m.people.book.hold(m.now())
	m.choose(list, i)
	return m.scrolled(list)
}

// pin chooses somebody before the list is drawn, if nobody is: the first, or who
// stands now where somebody was removed.
func (m *Model) pin() tea.Cmd {
	p := &m.people
	p.ready = p.ready || (m.recent.loaded || m.recent.failed != nil) && (!m.vast() || p.here.next > 0)
	if m.screen() == screenPeople && p.ready {
		list := m.listed()
		if at := m.chosenIn(list); len(list) > 0 && list[at].Receiver == p.chosen {
			p.at = at
		} else {
			m.choose(list, p.at)
		}
	}
	if !p.book.moved || p.releasing {
		return nil
	}
	p.releasing = true
	return tea.Tick(p.book.held.Sub(m.now()), tick(releaseMsg{}))
}

// letMove lets those who came or went meanwhile go to their places, unless
// somebody moves on.
func (m *Model) letMove() {
	m.people.releasing = false
	if !m.now().Before(m.people.book.held) {
		m.people.book.release(m.now())
	}
}

func (m *Model) peopleKeys() []key.Binding {
	k := m.keys
	_, callable := m.typedID()
	switch {
	case m.people.searching && len(m.listed()) == 0 && callable && !m.signedOut():
		return []key.Binding{k.SearchCall, k.SearchClose}
	case m.people.searching && len(m.listed()) == 0:
		return []key.Binding{k.SearchClose}
	case m.people.searching && m.signedOut():
		return []key.Binding{k.SearchUp, k.SearchDown, k.SearchClose}
	case m.people.searching:
		return []key.Binding{k.SearchCall, k.SearchUp, k.SearchDown, k.SearchClose}
	case len(m.listed()) == 0 || m.signedOut():
		return []key.Binding{k.Tab, k.Search, k.Quit, k.Help}
	}
	return []key.Binding{k.Call, k.Video, k.Tab, k.Search, k.Help}
}

func (m *Model) pressPeople(k tea.KeyPressMsg) tea.Cmd {
	if m.people.searching {
		return m.pressSearch(k)
	}
	list := m.listed()
	at := m.chosenIn(list)
	m.people.toEnd = key.Matches(k, m.keys.Bottom)
	m.people.book.hold(m.now())
	if !m.people.ready { // nobody is drawn as chosen yet
		m.people.ready = true
		list = nil
	}
	switch {
	case key.Matches(k, m.keys.Up):
		return m.move(list, at-1)
	case key.Matches(k, m.keys.Down):
		return m.move(list, at+1)
	case key.Matches(k, m.keys.Top):
		return m.move(list, 0)
	case key.Matches(k, m.keys.Bottom):
		return m.move(list, len(list)-1)
	case key.Matches(k, m.keys.Search):
		return m.people.openSearch()
	case key.Matches(k, m.keys.Tab):
		return m.openRecent()
	case key.Matches(k, m.keys.Quit):
		return m.quit()
	case len(list) == 0:
	case key.Matches(k, m.keys.Details):
		m.open(aboutPerson{list[at].Receiver})
	case key.Matches(k, m.keys.Favourite):
		return m.toggleFavourite(list[at].Contact)
	case key.Matches(k, m.keys.Call):
		return m.dial(list[at].Receiver, calls.Audio)
	case key.Matches(k, m.keys.Video):
		return m.dial(list[at].Receiver, calls.Video)
	}
	return nil
}

func (m *Model) pressSearch(k tea.KeyPressMsg) tea.Cmd {
	list := m.listed()
	at := m.chosenIn(list)
	m.people.toEnd = false
	switch {
	case key.Matches(k, m.keys.SearchClose):
		if m.people.query() != "" && len(list) > 0 { // who was found is chosen, and stays in the list
			m.choose(list, at)
			m.people.book.keep(list[at].Receiver.ID)
		}
		m.people.closeSearch()
	case key.Matches(k, m.keys.SearchUp):
		return m.move(list, at-1)
	case key.Matches(k, m.keys.SearchDown):
		return m.move(list, at+1)
	case key.Matches(k, m.keys.SearchCall) && len(list) > 0:
		return m.dial(list[at].Receiver, calls.Audio)
	case key.Matches(k, m.keys.SearchCall):
		if id, ok := m.typedID(); ok {
			return m.dial(calls.User(id), calls.Audio)
		}
	default:
		return m.edit(k)
	}
	return nil
}

// typedID is what was typed, if it could be somebody's id.
func (m *Model) typedID() (calls.UserID, bool) {
	id := calls.UserID(strings.ToLower(m.people.query()))
	return id, id.Validate() == nil
}

// edit changes the search, and asks the server once the typing pauses.
func (m *Model) edit(msg tea.Msg) tea.Cmd {
	was := m.people.query()
	var cmd tea.Cmd
	m.people.field, cmd = m.people.field.Update(msg)
	query := m.people.query()
	if query == was {
		return cmd
	}
	m.people.chosen, m.people.at, m.people.failed = calls.Receiver{}, 0, nil
	if query == "" {
		m.people.found, m.people.foundFor = roll{}, ""
		m.people.book.dropAll(fromSearch, nobody)
		return cmd
	}
	return tea.Batch(cmd, tea.Tick(searchPause, tick(searchMsg{query})))
}

func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	if f, ok := m.sheet.(paster); ok && m.waiting.call == "" {
		return f.paste(msg.Content)
	}
	if !m.people.searching || m.covered() || m.screen() != screenPeople {
		return nil
	}
	return m.edit(tea.PasteMsg{Content: Clean(msg.Content, 64)})
}

// lookUp asks the server, unless somebody typed on.
func (m *Model) lookUp(msg searchMsg) tea.Cmd {
	if msg.query != m.people.query() {
		return nil
	}
	return m.loadAnew(calls.DirectoryQuery{Query: msg.query})
}

// peopleRows draws the list, and beside it the chosen contact where there is
// room.
func (m *Model) peopleRows(height int) []string {
	if m.inner() < 68 {
		return m.listRows(m.inner(), height)
	}
	left := m.inner() * 58 / 100
	list := m.listed()
	rows := m.listRows(left, height)
	if len(list) == 0 || !m.people.ready {
		return rows
	}
	detail := m.detailRows(list[m.chosenIn(list)].Contact, m.inner()-left-3, 5)
	return beside(rows, left+3, append(make([]string, m.listTop()), detail...))
}

// listTop is how many rows stand above the list.
func (m *Model) listTop() int {
	if m.people.searching {
		return 2
	}
	return 0
}

func (m *Model) listRows(width, height int) []string {
	var rows []string
	if m.people.searching {
		rows = append(rows, m.searchRow(width), "")
	}
	list := m.listed()
	if len(list) == 0 {
		return append(rows, m.emptyRows(width)...)
	}
	missed := m.missedLines(width, height-len(rows)-len(list))
	space := height - len(rows) - len(missed)
	count := m.countRow(len(list), space, width)
	if count != "" {
		space--
	}
	at := m.chosenIn(list)
	from, to := window(at, len(list), space)
	m.people.drawn = list
	m.zones.drawn(len(rows), from, to, width)
	query := fold(m.people.query())
	for i := from; i < to; i++ {
		rows = append(rows, m.contactRow(list[i].Contact, i == at && m.people.ready, query, width))
	}
	if count != "" {
		rows = append(rows, count)
	}
	for _, l := range missed {
		m.zones.hit(margin(m.width), m.zones.body+len(rows), width, l)
		rows = append(rows, l.text)
	}
	return rows
}

// countRow says how many there are, where not all of them fit on the screen.
func (m *Model) countRow(shown, space, width int) string {
	total := max(m.people.directory.total, shown)
	if m.people.query() != "" {
		total = shown
		if m.people.foundFor == m.people.query() {
			total = max(m.people.found.total, shown)
		}
	}
	if space <= 2 || total <= space {
		return ""
	}
	at := m.chosenIn(m.listed()) + 1
	search := m.keys.Search.Help().Key
	if m.people.searching {
		search = ""
	}
	return "  " + m.styles.dim.Render(clamp(m.lang.position(at, total, search), max(width-2, 1)))
}

func (m *Model) emptyRows(width int) []string {
	text := m.lang.Say(textNobody)
	id, callable := m.typedID()
	switch {
	case m.people.failed != nil:
		text = m.lang.error(m.lang.Say("search"), "", m.people.failed)
	case m.people.query() != "" && m.people.foundFor != m.people.query():
		text = m.lang.Say(textLoading)
	case m.people.query() != "" && callable:
		text = m.lang.callAnyway(string(id))
	case m.people.query() != "":
		text = m.lang.Say(textNotFound)
	case m.view.Link == calls.LinkClosed:
		text = m.lang.Say(textSignedOut)
	case m.view.Link != calls.LinkUp:
		text = m.lang.Say(textWaiting)
	}
	rows := wrap(text, width, 3)
	for i := range rows {
		rows[i] = m.styles.dim.Render(rows[i])
	}
	return rows
}

func (m *Model) searchRow(width int) string {
	m.people.field.SetWidth(max(min(width-3, 40), 1))
	text := m.people.field.View()
	if m.people.field.Value() == "" {
		text = m.styles.dim.Render(m.lang.Say(textSearchHint))
	}
	return m.styles.accent.Render("/") + " " + text
}

// searchCursor is the terminal's own cursor in the search field: it blinks
// without a byte.
func (m *Model) searchCursor() *tea.Cursor {
	if !m.people.searching {
		return nil
	}
	c := m.people.field.Cursor()
	if c == nil {
		return nil
	}
	field := &m.people.field
	if ansi.StringWidth(field.Value()) < field.Width() { // the field counts letters, not columns
		c.X = ansi.StringWidth(string([]rune(field.Value())[:field.Position()]))
	}
	c.X += margin(m.width) + 2
	c.Y = m.zones.body
	return c
}
