package server

import (
	"fmt"
	"strings"
	"unicode"

	"tring/calls"
)

// What people call themselves and their phones is shown to others: on screens,
// which clean it once more before they draw it, and in files of scripts, which
// may not.

// display is a name or a label as the server keeps it: one line of at most
// maxNameLength characters, without those that draw nothing or turn the text
// around; "" if nothing of it would be seen.
func display(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	s = strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, s)
	if !strings.ContainsFunc(s, seen) {
		return ""
	}
	return strings.TrimSpace(clip(s))
}

// chosen is display for a name that an administrator writes, who is told what is
// wrong with it.
func chosen(name string) (string, error) {
	name = strings.TrimSpace(name)
	shown := display(name)
	if name != "" && shown == "" || strings.ContainsFunc(name, hidden) {
		return "", fmt.Errorf("the name %+q has characters that cannot be seen: %w", clip(name), calls.ErrInvalidRequest)
	}
	return shown, nil
}

// hidden are controls and format characters, among them those of direction. The
// two joiners belong to scripts and emoji.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && r != nonJoiner && r != joiner
}

// seen says whether a character draws something by itself.
func seen(r rune) bool {
	const blankBraille = '\u2800'
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && r != blankBraille
}
