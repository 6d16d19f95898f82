package ui

import (
	"strconv"
	"strings"
)

// Terminal is what is known of the terminal that the screen is drawn on, as far
// as it matters for what goes beside the picture: notifications and the taskbar.
// It is a value; the zero value is a terminal at this machine that nobody knows.
type Terminal struct {
	// Name is the program's, in small letters: "kitty", "iterm2". Empty: nothing
	// tells.
	Name string
	// Tmux: it lies between. It keeps what it does not know for itself, unless
	// that is wrapped and the person allowed it (allow-passthrough).
	Tmux bool
	// Remote: the person sits at another machine, and what this one shows or
	// plays reaches nobody.
	Remote bool
}

// TerminalOf reads the environment of whoever sits at the terminal. Of a remote
// terminal only TERM comes through, so ask the terminal too: see Versioned.
func TerminalOf(getenv func(string) string) Terminal {
	t := Terminal{Tmux: getenv("TMUX") != ""}
	for _, v := range []string{"SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"} {
		t.Remote = t.Remote || getenv(v) != ""
	}
	term := getenv("TERM")
	t.Tmux = t.Tmux || strings.HasPrefix(term, "tmux")
	program := getenv("TERM_PROGRAM")
	if program == "tmux" {
		t.Tmux, program = true, ""
	}
	for _, name := range []string{program, getenv("LC_TERMINAL"), nameByTerm(term), nameByVariable(getenv)} {
		if name != "" {
			t.Name = nameOf(name)
			break
		}
	}
	return t
}

// nameByTerm is the terminal that has a TERM of its own.
func nameByTerm(term string) string {
	for _, own := range []struct{ prefix, name string }{
		{"xterm-kitty", "kitty"},
		{"xterm-ghostty", "ghostty"},
		{"foot", "foot"},
		{"rxvt", "rxvt"},
		{"wezterm", "wezterm"},
		{"alacritty", "alacritty"},
		{"linux", "linux"},
	} {
		if strings.HasPrefix(term, own.prefix) {
			return own.name
		}
	}
	return ""
}

// nameByVariable is the terminal that left its mark in the environment. Programs
// that it started inherit the mark, so this is the weakest sign.
func nameByVariable(getenv func(string) string) string {
	for _, mark := range []struct{ variable, name string }{
		{"KITTY_WINDOW_ID", "kitty"},
		{"GHOSTTY_RESOURCES_DIR", "ghostty"},
		{"WEZTERM_PANE", "wezterm"},
		{"ITERM_SESSION_ID", "iterm2"},
		{"WT_SESSION", "windows terminal"},
		{"ConEmuPID", "conemu"},
		{"KONSOLE_VERSION", "konsole"},
		{"VTE_VERSION", "vte"},
		{"STY", "screen"},
	} {
		if getenv(mark.variable) != "" {
			return mark.name
		}
	}
	return ""
}

// nameOf is a terminal's name as it says it itself, without its version:
// "iTerm2 3.5.0", "kitty(0.26.5)", "WezTerm 2024", "iTerm.app".
func nameOf(said string) string {
	name := strings.ToLower(Clean(said, 60))
	name, _, _ = strings.Cut(name, "(")
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		if _, err := strconv.Atoi(name[i+1 : i+2]); i+2 <= len(name) && err == nil {
			name = name[:i]
		}
	}
	name = strings.TrimSpace(name)
	if name == "iterm.app" {
		return "iterm2"
	}
	return name
}

// Versioned is the terminal with what it answered when it was asked for its
// version (XTVERSION): the surest sign, and the only one over ssh. tmux answers
// for itself, and the environment goes on speaking for the terminal around it.
func (t Terminal) Versioned(answer string) Terminal {
	switch name := nameOf(answer); name {
	case "":
	case "tmux":
		t.Tmux = true
	default:
		t.Name, t.Tmux = name, false
	}
	return t
}

// The notifications that terminals know, by the number of their OSC.
const (
	oscITerm = "9"   // iTerm2's; elsewhere the number means other things too
	oscKitty = "99"  // kitty's desktop notifications
	oscRxvt  = "777" // rxvt's, and of most that came later
)

// osc is the notification this terminal knows; empty if it knows none. Whatever
// is not known here gets the most usual one: a terminal drops what it does not
// understand.
func (t Terminal) osc() string {
	switch t.Name {
	case "kitty":
		return oscKitty
	case "iterm2", "wezterm":
		return oscITerm
	case "alacritty", "apple_terminal", "conemu", "linux", "screen", "vscode", "windows terminal", "xterm":
		return ""
	}
	return oscRxvt
}

// notification is what makes the terminal show a text, which must be clean. The
// semicolon parts the fields, and what begins with a number may be a command in
// ConEmu's meaning of OSC 9.
func (t Terminal) notification(text string) string {
	var b strings.Builder
	text = strings.ReplaceAll(text, ";", ",")
	switch t.osc() {
	case "":
		return ""
	case oscKitty: // o: only while nobody looks, i: the next takes its place
		b.WriteString("\x1b]99;i=tring:o=unfocused;" + text)
	case oscITerm:
		b.WriteString("\x1b]9;" + strings.TrimLeft(text, "0123456789, "))
	case oscRxvt:
		b.WriteString("\x1b]777;notify;tring;" + text)
	}
	b.WriteString("\x1b\\")
	if t.Tmux {
		return "\x1bPtmux;" + strings.ReplaceAll(b.String(), "\x1b", "\x1b\x1b") + "\x1b\\"
	}
	return b.String()
}

// tellsFocus says whether a terminal that has not told of any focus still has
// it. tmux does not tell unless it is set so (focus-events).
func (t Terminal) tellsFocus() bool { return !t.Tmux && t.Name != "apple_terminal" }

// showsProgress says whether the terminal takes OSC 9;4 for a progress in the
// taskbar. Others would show it as a notification, so it is asked for only where
// it is known.
func (t Terminal) showsProgress() bool {
	if t.Tmux {
		return false
	}
	switch t.Name {
	case "conemu", "ghostty", "vte", "windows terminal":
		return true
	}
	return false
}
