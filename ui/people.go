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

// directoryLimit is how many people the list holds; search finds the others.
const directoryLimit = 100

// people is the list of whom one may call. The chosen one is kept by id, so that
// nothing that comes or goes moves the choice.
type people struct {
	chosen    calls.Receiver
	directory []calls.Contact // the server's first page
	total     int
	searching bool
	field     textinput.Model
	found     []calls.Contact // the server's answer to the search
	foundFor  string
	failed    error
}

func newPeople() people {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 64
	f.SetVirtualCursor(false)
	f.KeyMap.Paste.SetEnabled(false) // it reads the clipboard of the machine that runs the program
	return people{field: f}
}

// took takes the server's answer to a question for people.
func (p *people) took(msg directoryMsg) {
	switch {
	case msg.err != nil:
		if msg.query == p.query() && msg.query != "" {
			p.failed = msg.err
		}
	case msg.query == "":
		p.directory, p.total = msg.page.Contacts, msg.page.Total
	case msg.query == p.query():
		p.found, p.foundFor, p.failed = msg.page.Contacts, msg.query, nil
	}
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
	p.searching, p.found, p.foundFor, p.failed = false, nil, "", nil
	p.field.Reset()
	p.field.Blur()
}

// listed are the contacts to show, in the server's order: favourites and recent
// first. What the phone hears live replaces what the directory said.
func (m *Model) listed() []calls.Contact {
	query := strings.ToLower(m.people.query())
	seen := map[calls.Receiver]bool{calls.User(m.view.Me.User): true}
	var out []calls.Contact
	for i, list := range [][]calls.Contact{m.view.Contacts, m.people.directory, m.people.found} {
		for _, c := range list {
			fits := query == "" || i == 2 ||
				strings.Contains(strings.ToLower(c.Name), query) || strings.Contains(c.Receiver.ID, query)
			if seen[c.Receiver] || c.Receiver.Kind != calls.ToUser || !fits {
				continue
			}
			seen[c.Receiver] = true
			out = append(out, c)
		}
	}
	return out
}

// chosenIn is where the chosen contact stands in the list; the first if it went.
func (m *Model) chosenIn(list []calls.Contact) int {
	return max(slices.IndexFunc(list, func(c calls.Contact) bool { return c.Receiver == m.people.chosen }), 0)
}

func (m *Model) choose(list []calls.Contact, i int) {
	if len(list) > 0 {
		m.people.chosen = list[min(max(i, 0), len(list)-1)].Receiver
	}
}

func (m *Model) peopleKeys() []key.Binding {
	k := m.keys
	switch {
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
	switch {
	case key.Matches(k, m.keys.Up):
		m.choose(list, at-1)
	case key.Matches(k, m.keys.Down):
		m.choose(list, at+1)
	case key.Matches(k, m.keys.Top):
		m.choose(list, 0)
	case key.Matches(k, m.keys.Bottom):
		m.choose(list, len(list)-1)
	case key.Matches(k, m.keys.Search):
		return m.people.openSearch()
	case key.Matches(k, m.keys.Tab):
		return m.openRecent()
	case key.Matches(k, m.keys.Quit):
		return m.quit()
	case len(list) == 0:
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
	switch {
	case key.Matches(k, m.keys.SearchClose):
		m.people.closeSearch()
	case key.Matches(k, m.keys.SearchUp):
		m.choose(list, at-1)
	case key.Matches(k, m.keys.SearchDown):
		m.choose(list, at+1)
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
	m.people.chosen, m.people.failed = calls.Receiver{}, nil
	if query == "" {
		m.people.found, m.people.foundFor = nil, ""
		return cmd
	}
	return tea.Batch(cmd, tea.Tick(searchPause, tick(searchMsg{query})))
}

func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
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
	return m.loadDirectory(msg.query)
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
	if len(list) == 0 {
		return rows
	}
	detail := m.detailRows(list[m.chosenIn(list)], m.inner()-left-3)
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
	missed := m.missedRows(width, height-len(rows)-len(list))
	space := height - len(rows) - len(missed)
	more := m.people.total - len(m.people.directory)
	if !m.people.searching && more > 0 && space > 2 {
		space--
	}
	at := m.chosenIn(list)
	from, to := window(at, len(list), space)
	m.zones.drawn(len(rows), from, to, width)
	for i := from; i < to; i++ {
		rows = append(rows, m.contactRow(list[i], i == at, width))
	}
	if !m.people.searching && more > 0 {
		rows = append(rows, "  "+m.styles.dim.Render(clamp(m.lang.from(len(list), len(list)+more), max(width-2, 1))))
	}
	return append(rows, missed...)
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
	case m.view.Link != calls.LinkUp:
		text = m.lang.Say(textWaiting)
	}
	rows := wrap(text, width, 3)
	for i := range rows {
		rows[i] = m.styles.dim.Render(rows[i])
	}
	return rows
}

// contactRow is one contact: whether it is chosen, the presence as a shape, the
// name, and where the person is.
func (m *Model) contactRow(c calls.Contact, chosen bool, width int) string {
	mark, name := "  ", m.styles.plain
	if chosen {
		mark, name = m.styles.accent.Render("› "), m.styles.accent
	}
	nameWidth := min(max(width*48/100, 10), 28)
	whereWidth := width - 4 - nameWidth - 2
	row := mark + m.shape(c) + " "
	where := m.lang.where(c, m.now(), whereWidth)
	if m.outdated() {
		where = m.lang.Say(textUnknown)
		if !chosen {
			name = m.styles.dim
		}
	}
	if whereWidth < 4 {
		return row + name.Render(m.label(c, max(width-4, 1)))
	}
	row += name.Render(pad(m.label(c, nameWidth), nameWidth)) + "  "
	return row + m.styles.dim.Render(Clean(where, whereWidth))
}

// label is the contact's name, or else its id.
func (m *Model) label(c calls.Contact, width int) string {
	if n := Clean(c.Name, width); n != "" {
		return n
	}
	return Clean(c.Receiver.ID, width)
}

// detailRows is more about one contact: who, where, and the last calls.
func (m *Model) detailRows(c calls.Contact, width int) []string {
	s := m.styles
	address := c.Receiver.ID
	if m.view.Me.Server != "" {
		address += "@" + m.view.Me.Server
	}
	rows := []string{s.strong.Render(m.label(c, width)), s.dim.Render(Clean(address, width)), ""}
	if m.outdated() {
		rows = append(rows, s.dim.Render(m.lang.Say(textUnknown)))
	} else {
		rows = append(rows, m.whereRows(c, width)...)
	}
	past := m.recent.with(c.Receiver.ID, m.view.Me.User)
	if len(past) > 0 {
		rows = append(rows, "")
	}
	past = past[:min(len(past), 5)]
	days, clock := 16, true
	for _, r := range past { // the time of day goes where an outcome has no room
		if ansi.StringWidth(m.outcome(r)) > width-days-3 {
			days, clock = 10, false
		}
	}
	for _, r := range past {
		when := pad(m.lang.day(r.Call.InitiatedAt, m.now(), clock), days)
		rows = append(rows, clampStyled(m.arrow(r)+" "+s.dim.Render(when)+" "+m.outcome(r), width))
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
	for y, row := range m.rows() {
		if strings.HasPrefix(strings.TrimSpace(ansi.Strip(row)), "/") {
			c.X += margin(m.width) + 2
			c.Y = y
			return c
		}
	}
	return nil
}
