package ui

import (
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// styles are the looks of the screen. One accent for what the next key acts on,
// green for talking alone, red for what is over, missed or failed. Bubble Tea
// downsamples the colours to what the terminal has; every state has a word or a
// shape too.
type styles struct {
	plain   lipgloss.Style
	dim     lipgloss.Style // what can be ignored
	strong  lipgloss.Style // names, and the tab that is open
	accent  lipgloss.Style // what the next key acts on
	talk    lipgloss.Style
	alarm   lipgloss.Style
	box     lipgloss.Style // the border of an overlay
	danger  string         // what the key does that is drawn in red
	weights map[string]int // see weight
	gap     string         // between keys; empty: as the width allows
}

func newStyles(dark bool, l Language) styles {
	pick := lipgloss.LightDark(dark)
	fg := func(light, dark string) lipgloss.Style {
		return lipgloss.NewStyle().Foreground(pick(lipgloss.Color(light), lipgloss.Color(dark)))
	}
	return styles{
		plain:   lipgloss.NewStyle(),
		dim:     fg("#5F6675", "#9AA2B0"),
		strong:  lipgloss.NewStyle().Bold(true),
		accent:  fg("#0B5CAD", "#7DB7FF").Bold(true),
		talk:    fg("#1B7A3D", "#6FD08C"),
		alarm:   fg("#B3261E", "#FF7B72"),
		box:     fg("#0B5CAD", "#7DB7FF"),
		danger:  l.Say(wordHangUp),
		weights: weightsOf(l),
	}
}

// found is text that a search found. Lip Gloss underlines letter by letter and
// parts a letter from its marks.
func (s styles) found(text string) string {
	if text == "" {
		return ""
	}
	return ansi.NewStyle().Bold().Underline(true).ForegroundColor(s.accent.GetForeground()).Styled(text)
}
