package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// A screen is a list of rows, each at most the screen's width. These functions
// are all that the screens are laid out with.

// pageMost is how wide a page gets: a row that the eye cannot follow back to its
// beginning is too long, so that a wider screen leaves the rest empty beside it.
const pageMost = 144

// margin is the empty space at each side of a screen of this width.
func margin(width int) int {
	switch {
	case width < 24:
		return 0
	case width > pageMost+4:
		return (width - pageMost) / 2
	}
	return 2
}

// pad makes a row exactly width columns.
func pad(s string, width int) string {
	w := ansi.StringWidth(s)
	if w > width {
		return ansi.Truncate(s, max(width, 0), "…")
	}
	return s + strings.Repeat(" ", width-w)
}

// center puts s in the middle of width columns.
func center(s string, width int) string {
	return strings.Repeat(" ", max((width-ansi.StringWidth(s))/2, 0)) + s
}

// ends puts one string at each end of a row; the right one goes where both do
// not fit.
func ends(l, r string, width int) string {
	gap := width - ansi.StringWidth(l) - ansi.StringWidth(r)
	if gap < 2 {
		return l
	}
	return l + strings.Repeat(" ", gap) + r
}

// indent shifts rows to the right.
func indent(rows []string, by int) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		if r != "" {
			out[i] = strings.Repeat(" ", by) + r
		}
	}
	return out
}

// lower puts rows a little above the middle of height rows, where the eye takes
// the middle to be.
func lower(rows []string, height int) []string {
	top := max((height-len(rows))*2/5, 0)
	return append(make([]string, top, top+len(rows)), rows...)
}

// beside puts columns next to each other.
func beside(l []string, width int, r []string) []string {
	out := make([]string, max(len(l), len(r)))
	for i := range out {
		if i < len(l) {
			out[i] = l[i]
		}
		if i < len(r) && r[i] != "" {
			out[i] = pad(out[i], width) + r[i]
		}
	}
	return out
}

// fit makes rows exactly height rows of at most width columns. What does not fit
// is cut at the bottom.
func fit(rows []string, width, height int) []string {
	out := make([]string, max(height, 0))
	for i := range min(len(rows), len(out)) {
		out[i] = rows[i]
		if ansi.StringWidth(out[i]) > width {
			out[i] = ansi.Truncate(out[i], max(width, 0), "")
		}
	}
	return out
}

// window is the part of n rows that shows the chosen one, height rows high.
func window(chosen, n, height int) (from, to int) {
	from = max(min(chosen-height/2, n-height), 0)
	return from, min(from+max(height, 0), n)
}

// wrap breaks a line into rows, most of them at the most.
func wrap(s string, width, most int) []string {
	rows := strings.Split(ansi.Wrap(s, max(width, 1), ""), "\n")
	if len(rows) > most && most > 0 {
		rows = append(rows[:most-1], clamp(strings.Join(rows[most-1:], " "), max(width, 1)))
	}
	return rows[:min(len(rows), most)]
}

// over lays a box over the middle of a screen whose rows step back.
func (s styles) over(base, box []string, width, height int) []string {
	bw := 0
	for _, r := range box {
		bw = max(bw, ansi.StringWidth(r))
	}
	back := make([]string, len(base))
	for i, r := range base {
		back[i] = s.dim.Render(ansi.Strip(r))
	}
	x, y := max((width-bw)/2, 0), max((height-len(box))*2/5, 0)
	canvas := lipgloss.NewCanvas(width, height)
	canvas.Compose(lipgloss.NewCompositor(
		lipgloss.NewLayer(strings.Join(back, "\n")),
		lipgloss.NewLayer(strings.Join(box, "\n")).X(x).Y(y).Z(1),
	))
	return fit(strings.Split(canvas.Render(), "\n"), width, height)
}

// boxed draws the one border of the screen around rows of at most inner columns.
func (s styles) boxed(rows []string, inner int) []string {
	out := []string{s.box.Render("╭" + strings.Repeat("─", inner) + "╮")}
	side := s.box.Render("│")
	for _, r := range rows {
		out = append(out, side+pad(r, inner)+side)
	}
	return append(out, s.box.Render("╰"+strings.Repeat("─", inner)+"╯"))
}

// keyWords is one key and what it does; the one that hangs up is red.
func (s styles) keyWords(b key.Binding) string {
	style := s.accent
	if b.Help().Desc == s.danger {
		style = s.alarm.Bold(true)
	}
	return style.Render(b.Help().Key) + " " + s.plain.Render(b.Help().Desc)
}

// keyRow explains keys, as many of the first five as fit, and says which. Those
// that matter most stay longest; see weight.
func (s styles) keyRow(width int, keys ...key.Binding) (row string, shown []key.Binding) {
	gap := s.gap
	if gap == "" && width < 60 {
		gap = "  "
	} else if gap == "" {
		gap = "   "
	}
	keys = slices.Clone(keys[:min(len(keys), 5)])
	for steady := true; ; {
		words := make([]string, len(keys))
		for i, b := range keys {
			words[i] = s.keyWords(b)
		}
		row := strings.TrimRight(strings.Join(words, gap), " ")
		switch {
		case len(keys) == 0 || ansi.StringWidth(row) <= width:
			return row, keys
		case steady: // first the space goes that holds them in their places
			steady = false
			for i, b := range keys {
				keys[i] = does(b, strings.TrimRight(b.Help().Desc, " "))
			}
		case len(keys) == 1:
			return row, keys
		default:
			keys = s.withoutOne(keys)
		}
	}
}

// withoutOne leaves out the key that is missed least.
func (s styles) withoutOne(keys []key.Binding) []key.Binding {
	least := 0
	for i := range keys {
		if s.weight(keys, i) > s.weight(keys, least) {
			least = i
		}
	}
	return slices.Delete(keys, least, least+1)
}

// weight is how soon the key at i may be left out: those that answer, end a call and
// close the microphone last, and like them the first of a row; then its last, behind
// which the rest is found.
func (s styles) weight(keys []key.Binding, i int) int {
	if w, ok := s.weights[strings.TrimRight(keys[i].Help().Desc, " ")]; ok {
		return w
	}
	switch i {
	case 0:
		return s.weights[firstKey]
	case len(keys) - 1:
		return len(s.weights)
	}
	return len(s.weights) + 1 + i
}

// firstKey stands for the first key of a row, whatever it does.
const firstKey = ""

// weightsOf are the words of those that are never left out before others.
func weightsOf(l Language) map[string]int {
	weights := map[string]int{}
	for i, words := range []string{
		wordAccept, wordSwap, wordSwapShort, wordReject, wordHangUp, wordStop, firstKey, wordMute, wordUnmute, wordRecordNot,
	} {
		if words != firstKey {
			words = l.Say(words)
		}
		weights[words] = i
	}
	return weights
}

// steady is the binding with space after its words for the longest of the others
// that stand in its place at other times, so that what stands behind it never moves.
func steady(b key.Binding, others ...key.Binding) key.Binding {
	space := 0
	for _, o := range others {
		space = max(space, ansi.StringWidth(keyText(o))-ansi.StringWidth(keyText(b)))
	}
	return does(b, b.Help().Desc+strings.Repeat(" ", space))
}
