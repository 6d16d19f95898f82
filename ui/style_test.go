package ui

import (
	"flag"
	"fmt"
	"image/color"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
)

// Usual backgrounds of terminals.
var (
	darkGrounds = map[string]string{ //nolint:gochecknoglobals // a table
		"black": "#000000", "VS Code": "#1E1E1E", "One Dark": "#282C34", "Solarized dark": "#002B36",
		"Ubuntu": "#300A24", "Nord": "#2E3440", "Dracula": "#282A36", "Gruvbox dark": "#282828",
	}
	lightGrounds = map[string]string{ //nolint:gochecknoglobals // a table
		"white": "#FFFFFF", "One Light": "#FAFAFA", "Solarized light": "#FDF6E3", "Gruvbox light": "#FBF1C7",
		"Catppuccin Latte": "#EFF1F5",
	}
)

// enough is the contrast of text that everybody reads (WCAG 2.1, 1.4.3, level AA).
const enough = 4.5

// looks are the colours of a theme, by what they are for.
func looks(dark bool) map[string]lipgloss.Style {
	s := newStyles(dark, Language{})
	return map[string]lipgloss.Style{"dim": s.dim, "accent": s.accent, "talk": s.talk, "alarm": s.alarm, "box": s.box}
}

// luminance is how bright a colour is (WCAG 2.1, relative luminance).
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		if x := float64(v) / 0xffff; x > 0.04045 {
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return float64(v) / 0xffff / 12.92
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// worst is the least contrast of a colour to usual backgrounds, and on which.
func worst(c color.Color, grounds map[string]string) (least float64, on string) {
	least = math.Inf(1)
	for name, ground := range grounds {
		if got := contrast(c, lipgloss.Color(ground)); got < least {
			least, on = got, name
		}
	}
	return least, on
}

func TestContrastIsMeasuredRight(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#FFFFFF", 21}, {"#FFFFFF", "#FFFFFF", 1}, {"#777777", "#FFFFFF", 4.48}, {"#FF0000", "#FFFFFF", 4.0}} {
		if got := contrast(lipgloss.Color(c.a), lipgloss.Color(c.b)); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s on %s: %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

// Every colour can be read on every usual background.
func TestContrast(t *testing.T) {
	for dark, grounds := range map[bool]map[string]string{true: darkGrounds, false: lightGrounds} {
		for name, style := range looks(dark) {
			if got, on := worst(style.GetForeground(), grounds); got < enough {
				t.Errorf("%s (dark: %v) has a contrast of %.2f on %s", name, dark, got, on)
			}
		}
	}
}

// part is what stands in a page between its marks.
func part(page, name string) (before, middle, after string, ok bool) {
	before, rest, ok1 := strings.Cut(page, "<!-- "+name+" -->\n")
	middle, after, ok2 := strings.Cut(rest, "<!-- end -->\n")
	return before, middle, after, ok1 && ok2
}

// What the design page says of colours and keys is measured and read from the
// program; go test ./ui -run Design -update writes it.
func TestTheDesignPageIsFresh(t *testing.T) {
	const page = "../docs/design.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for name, want := range map[string]string{"colours": coloursTable(), "keys": keysTable(t)} {
		before, got, after, ok := part(text, name)
		if !ok {
			t.Fatalf("%s has no part for the %s", page, name)
		}
		if got == want {
			continue
		}
		if flag.Lookup("update").Value.String() != "true" {
			t.Errorf("%s is not fresh; go test ./ui -run Design -update writes:\n%s", page, want)
		}
		text = before + "<!-- " + name + " -->\n" + want + "<!-- end -->\n" + after
	}
	if text != string(data) {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// coloursTable is each colour, with the least contrast that it has anywhere.
func coloursTable() string {
	uses := []struct{ name, use string }{
		{"accent", "what the next key acts on: keys, the choice, the border of what lies on top"},
		{"talk", "talking, and nothing else: the word, the meters, who speaks"},
		{"alarm", "over, missed, failed, hang up"},
		{"dim", "what can be ignored: labels, times, what steps back"},
	}
	var b strings.Builder
	fmt.Fprintln(&b, "| | used for | on dark | least contrast | on light | least contrast |\n|---|---|---|---|---|---|")
	light, dark := looks(false), looks(true)
	for _, u := range uses {
		row := []string{u.name, u.use}
		for _, side := range []struct {
			style   lipgloss.Style
			grounds map[string]string
		}{{dark[u.name], darkGrounds}, {light[u.name], lightGrounds}} {
			c := side.style.GetForeground()
			least, on := worst(c, side.grounds)
			r, g, bl, _ := c.RGBA()
			row = append(row, fmt.Sprintf("`#%02X%02X%02X`", r>>8, g>>8, bl>>8), fmt.Sprintf("%.1f (%s)", least, on))
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
	}
	return b.String()
}

// keysTable is each key by its name in the settings.
func keysTable(t *testing.T) string {
	keys, _, err := newKeymap(Language{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	places := []struct {
		scope scope
		name  string
	}{
		{onPeople, "people"},
		{onRecent, "recent"},
		{onOutgoing, "calling"},
		{onIncoming, "incoming"},
		{onTalking, "in a call"},
		{onEnded, "after it"},
		{onQuestion, "a question"},
		{onAccount, "account"},
		{onLog, "log"},
		{onGuide, "ways to begin"},
		{onSettings, "settings"},
	}
	var b strings.Builder
	fmt.Fprintln(&b, "| name | keys | does | where |\n|---|---|---|---|")
	for _, e := range keys.entries() {
		var where []string
		if e.scope&always == always {
			where = append(where, "everywhere but where a key may be an answer")
		}
		for _, p := range places {
			if e.scope&p.scope != 0 && (always&p.scope == 0 || e.scope&always != always) {
				where = append(where, p.name)
			}
		}
		shownKeys := slices.Clone(e.binding.Keys())
		for i := range shownKeys {
			shownKeys[i] = "`" + shown(shownKeys[i]) + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", e.name, strings.Join(shownKeys, " "), e.binding.Help().Desc, strings.Join(where, ", "))
	}
	return b.String()
}
