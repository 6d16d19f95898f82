package ui

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// LogReader reads the end of the log. Known is the size of the log in the page
// that the screen has: while it is still that, the answer has no lines. It may
// take time and is safe for concurrent use.
type LogReader func(ctx context.Context, known int64) (LogPage, error)

// LogPage is the end of the log at one moment.
type LogPage struct {
	Path  string
	Size  int64     // of the log, in bytes
	Lines []LogLine // oldest first
	Cut   bool      // there are older ones
}

// LogLine is one line of the log.
type LogLine struct {
	Offset int64     // in the log: what tells lines apart
	At     time.Time // zero where it is not known
	Level  slog.Level
	Text   string
}

// logEvery is how often an open log looks for new lines.
const logEvery = 2 * time.Second

// logLevel is which lines are shown.
type logLevel int

const (
	logAll     logLevel = iota
	logTrouble          // warnings and errors
	logErrors
)

// logRoom shows what the program wrote down, the newest at the bottom.
type logRoom struct {
	page      LogPage
	failed    error
	loaded    bool
	only      logLevel
	field     textinput.Model
	searching bool
	chosen    int64 // the offset of the chosen line; newest: below zero
	height    int   // of the list, as it was drawn last
	drawn     []int64
}

const newest int64 = -1

type (
	logMsg struct {
		room *logRoom
		page LogPage
		err  error
	}
	logDueMsg struct{ room *logRoom }
)

func (m *Model) openLog() tea.Cmd {
	f := textinput.New()
	f.Prompt = ""
	f.CharLimit = 64
	f.SetVirtualCursor(true)
	f.KeyMap.Paste.SetEnabled(false)
	l := &logRoom{field: f, chosen: newest, page: LogPage{Size: -1}}
	m.enter(l)
	return l.load(m)
}

// load reads the log outside Update, and asks to be called again.
func (l *logRoom) load(m *Model) tea.Cmd {
	read, known := m.cfg.Log, l.page.Size
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		page, err := read(ctx, known)
		return logMsg{l, page, err}
	}
}

func (l *logRoom) take(m *Model, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case logMsg:
		if msg.room != l {
			return nil
		}
		l.failed, l.loaded = msg.err, true
		if msg.err == nil && msg.page.Size != l.page.Size {
			l.page = msg.page
		}
		return tea.Tick(logEvery, tick(logDueMsg{l}))
	case logDueMsg:
		if msg.room == l {
			return l.load(m)
		}
	case tea.PasteMsg:
		if l.searching {
			l.field, _ = l.field.Update(tea.PasteMsg{Content: Clean(msg.Content, 64)})
		}
	}
	return nil
}

func (l *logRoom) typing() bool { return l.searching }

func (l *logRoom) title(m *Model) string { return m.lang.Say(textLog) }

func (l *logRoom) keys(m *Model) []key.Binding {
	k := m.keys
	if l.searching {
		return []key.Binding{does(k.SearchCall, m.lang.Say(wordSearch)), k.SearchUp, k.SearchDown, k.SearchClose}
	}
	words := []string{wordTrouble, wordErrors, wordAll}[l.only]
	return []key.Binding{does(k.Trouble, m.lang.Say(words)), k.Back, k.Search, k.PageUp, k.Help}
}

// actions are the keys that the last row has no room for.
func (l *logRoom) actions(m *Model) []key.Binding {
	k := m.keys
	return []key.Binding{k.PageUp, k.PageDown, k.Top, k.Bottom}
}

func (l *logRoom) press(m *Model, k tea.KeyPressMsg) tea.Cmd {
	if l.searching {
		return l.pressSearch(m, k)
	}
	switch {
	case key.Matches(k, m.keys.Back) && l.query() != "":
		l.field.Reset()
	case key.Matches(k, m.keys.Back):
		m.enter(nil)
	case key.Matches(k, m.keys.Trouble):
		l.only = (l.only + 1) % (logErrors + 1)
	case key.Matches(k, m.keys.Search):
		l.searching = true
		return l.field.Focus()
	case key.Matches(k, m.keys.Top):
		l.step(-len(l.page.Lines))
	case key.Matches(k, m.keys.Bottom):
		l.chosen = newest
	default:
		l.scroll(m, k)
	}
	return nil
}

// scroll moves the choice by the keys that move.
func (l *logRoom) scroll(m *Model, k tea.KeyPressMsg) {
	switch {
	case key.Matches(k, m.keys.Up), key.Matches(k, m.keys.SearchUp):
		l.step(-1)
	case key.Matches(k, m.keys.Down), key.Matches(k, m.keys.SearchDown):
		l.step(1)
	case key.Matches(k, m.keys.PageUp):
		l.step(-max(l.height-1, 1))
	case key.Matches(k, m.keys.PageDown):
		l.step(max(l.height-1, 1))
	}
}

func (l *logRoom) pressSearch(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.SearchClose):
		l.searching = false
		l.field.Reset()
		l.field.Blur()
	case key.Matches(k, m.keys.SearchCall):
		l.searching = false
		l.field.Blur()
	case key.Matches(k, m.keys.SearchUp), key.Matches(k, m.keys.SearchDown),
		key.Matches(k, m.keys.PageUp), key.Matches(k, m.keys.PageDown):
		l.scroll(m, k)
	default:
		var cmd tea.Cmd
		l.field, cmd = l.field.Update(k)
		return cmd
	}
	return nil
}

func (l *logRoom) query() string { return strings.ToLower(strings.TrimSpace(l.field.Value())) }

// lines are those that are wanted.
func (l *logRoom) lines() []LogLine {
	query := l.query()
	least := [...]slog.Level{slog.LevelDebug - 100, slog.LevelWarn, slog.LevelError}[l.only]
	var out []LogLine
	for _, line := range l.page.Lines {
		if line.Level >= least && strings.Contains(strings.ToLower(line.Text), query) {
			out = append(out, line)
		}
	}
	return out
}

// at is where the chosen line stands; the nearest older one where it is not
// wanted now.
func (l *logRoom) at(lines []LogLine) int {
	if l.chosen == newest {
		return len(lines) - 1
	}
	i, found := slices.BinarySearchFunc(lines, l.chosen, func(line LogLine, offset int64) int {
		return int(min(max(line.Offset-offset, -1), 1))
	})
	if !found {
		i--
	}
	return max(min(i, len(lines)-1), 0)
}

func (l *logRoom) move(_ *Model, by int) tea.Cmd {
	l.step(by)
	return nil
}

// step chooses the line so many further. At the end it follows what comes.
func (l *logRoom) step(by int) {
	lines := l.lines()
	if len(lines) == 0 {
		return
	}
	at := min(max(l.at(lines)+by, 0), len(lines)-1)
	if l.chosen = lines[at].Offset; at == len(lines)-1 {
		l.chosen = newest
	}
}

func (l *logRoom) click(_ *Model, _, y int, _ bool) tea.Cmd {
	if y >= 0 && y < len(l.drawn) && l.drawn[y] != newest {
		l.chosen = l.drawn[y]
	}
	return nil
}
