package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Terminals count a syllable of the scripts of South and South-East Asia in two
// ways: as the one cluster that it is (mode 2027), or letter by letter (wcwidth).
// Pages are laid out by clusters. A terminal that has answered that it knows the
// mode is told to use it, and shows the page as it is; for any other the blanks
// after such a name are so many fewer as it counts columns more, so that all that
// follows stays where it was.

// countsClusters takes what the terminal says of a mode.
func (m *Model) countsClusters(msg tea.ModeReportMsg) {
	if msg.Mode == ansi.ModeUnicodeCore {
		m.clusters = msg.Value == ansi.ModeReset || msg.Value == ansi.ModeSet || msg.Value == ansi.ModePermanentlySet
	}
}

// uncertain says whether terminals may count a row in two ways.
func uncertain(row string) bool {
	return strings.IndexFunc(row, func(r rune) bool { return syllabic(r) || spacing(r) }) >= 0
}

// settled are rows as this terminal counts them.
func (m *Model) settled(rows []string) []string {
	if m.clusters {
		return rows
	}
	rows = slices.Clone(rows)
	for i, row := range rows {
		if uncertain(row) {
			rows[i] = settle(row, m.width)
		}
	}
	return rows
}

// settle takes blanks out of a row that a terminal makes wider which counts
// letter by letter: after the letters, and where there are none left, before
// them. Of two words one blank stays.
func settle(row string, width int) string {
	var b strings.Builder
	more, blank := 0, false // columns that are to go; the last character was a blank
	for state := byte(0); row != ""; {
		cluster, columns, n, next := ansi.DecodeSequence(row, state, nil)
		row, state = row[n:], next
		if columns == 0 { // a sequence
			b.WriteString(cluster)
			continue
		}
		more += ansi.StringWidthWc(cluster) - columns
		if was := blank; more > 0 && cluster == " " && was {
			more--
			continue
		}
		blank = cluster == " "
		b.WriteString(cluster)
	}
	out := b.String()
	for ansi.StringWidthWc(out) > width {
		at := strings.LastIndex(out, "  ")
		if at < 0 {
			break
		}
		out = out[:at] + out[at+1:]
	}
	return out
}

// behind are rows that a box will lie over, so that its edges stand straight: on a
// terminal that counts letter by letter they lose their vowel signs.
func (m *Model) behind(rows []string) []string {
	if m.clusters {
		return rows
	}
	rows = slices.Clone(rows)
	for i, row := range rows {
		if uncertain(row) {
			rows[i] = narrow(ansi.Strip(row))
		}
	}
	return rows
}

// narrow keeps of each syllable the first letter, and the width.
func narrow(s string) string {
	var b strings.Builder
	for s != "" {
		cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		s = s[len(cluster):]
		if ansi.StringWidthWc(cluster) != width {
			cluster = pad(string([]rune(cluster)[:1]), width)
		}
		b.WriteString(cluster)
	}
	return b.String()
}
