package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// maxMarks is how many combining marks one character may carry: enough for
// every living script, too few to draw over the rows above.
const maxMarks = 4

// maxBytes of a string are looked at: more than any screen shows of it, and
// little enough that no name can keep the screen busy.
const maxBytes = 8192

// Clean makes a string from outside safe and sane to draw: one line, at most
// width columns wide on every terminal, with … where it was cut, and of a width
// that they agree on but for vowel signs (see agreed). Escape sequences, control
// characters, direction marks and invisible characters are gone; whitespace is
// single spaces, none at the ends.
func Clean(s string, width int) string {
	if width <= 0 || s == "" {
		return ""
	}
	if plain(s) {
		return clamp(s, width)
	}
	s = strings.ToValidUTF8(beginning(s), "\uFFFD")
	s = agreed(syllables(visible(ansi.Strip(s))))
	return clamp(strings.Join(strings.Fields(s), " "), width)
}

// beginning is the first part of s, no character cut in two.
func beginning(s string) string {
	if len(s) <= maxBytes {
		return s
	}
	n := maxBytes
	for n > maxBytes-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// plain says whether s is printable ASCII with single spaces inside: the usual
// case, which needs no work.
func plain(s string) bool {
	was := byte(' ')
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && was == ' ' {
			return false
		}
		was = s[i]
	}
	return was != ' '
}

// clamp cuts s to so many columns, counted by the terminal that makes it widest.
func clamp(s string, width int) string {
	if max(ansi.StringWidth(s), ansi.StringWidthWc(s)) <= width {
		return s
	}
	rest, columns := s, 0
	for len(rest) > 0 {
		cluster, w := ansi.FirstGraphemeCluster(rest, ansi.GraphemeWidth)
		if columns += max(w, ansi.StringWidthWc(cluster)); columns >= width || cluster == "" {
			break
		}
		rest = rest[len(cluster):]
	}
	return strings.TrimRight(s[:len(s)-len(rest)], " \u200C\u200D") + "…"
}

// visible drops what cannot be seen, and piles of combining marks.
func visible(s string) string {
	var b strings.Builder
	marks, was := 0, ' '
	for i, r := range s {
		switch {
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r) || r == '\u2800':
			r = ' '
		case joiner(r):
			if next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):]); !joins(was, next) {
				continue
			}
		case unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || ignorable(r):
			continue
		case !unicode.IsGraphic(r):
			r = utf8.RuneError
		}
		if unicode.Is(unicode.M, r) || spacing(r) {
			if marks++; marks > maxMarks || was == ' ' {
				continue // a mark without a letter under it is none
			}
		} else if !joiner(r) {
			marks = 0
		}
		b.WriteRune(r)
		was = r
	}
	return b.String()
}

func joiner(r rune) bool { return r == '\u200C' || r == '\u200D' }

// joins says whether a joiner between these two is seen: it shapes letters in
// Persian and in the scripts of India, and makes one emoji of two. Elsewhere it
// only hides.
func joins(a, b rune) bool {
	shaped := func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.M) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
	}
	return shaped(a) && shaped(b) || a != utf8.RuneError && unicode.In(a, unicode.So, unicode.Sk) && unicode.Is(unicode.So, b)
}

// ignorable says whether a terminal draws nothing for r by itself although it is
// a letter, a mark or a symbol: fillers, selectors of a form that text cannot
// show, and skin tones, which change the character before.
func ignorable(r rune) bool {
	return '\U0001f3fb' <= r && r <= '\U0001f3ff' || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Variation_Selector, r)
}

// syllables puts Korean syllables together that came in parts (Unicode §3.12):
// terminals count the parts.
func syllables(s string) string {
	const (
		first, lastFirst   = '\u1100', '\u1112'
		vowel, lastVowel   = '\u1161', '\u1175'
		final, lastFinal   = '\u11a7', '\u11c2' // one before the first final
		syllable, ofVowels = '\uac00', lastVowel - vowel + 1
		ofFinals           = lastFinal - final + 1
	)
	if strings.IndexFunc(s, func(r rune) bool { return first <= r && r <= lastFirst }) < 0 {
		return s
	}
	var out []rune
	for _, r := range s {
		was := rune(0)
		if len(out) > 0 {
			was = out[len(out)-1]
		}
		switch {
		case vowel <= r && r <= lastVowel && first <= was && was <= lastFirst:
			out[len(out)-1] = syllable + ((was-first)*ofVowels+r-vowel)*ofFinals
		case final < r && r <= lastFinal && syllable <= was && was <= '힣' && (was-syllable)%ofFinals == 0:
			out[len(out)-1] = was + r - final
		default:
			out = append(out, r)
		}
	}
	return string(out)
}

// spacing says whether r is a vowel sign with a column of its own, as the scripts
// of South and South-East Asia have them. Terminals disagree on those (see
// settled), but no name can be read without.
func spacing(r rune) bool {
	return r >= '\u0903' && (unicode.Is(unicode.Mc, r) || r == '\u0e33' || r == '\u0eb3')
}

// syllabic says whether r is of the scripts of South and South-East Asia, where
// letters join to syllables. (Korean, among them in Unicode, joins in another way.)
func syllabic(r rune) bool { return '\u0900' <= r && r <= '\u1cff' && (r < '\u1100' || r > '\u11ff') }

// written says whether a cluster is a syllable of such a script: letters and marks
// alone.
func written(cluster string) bool {
	first, _ := utf8.DecodeRuneInString(cluster)
	return (syllabic(first) || strings.IndexFunc(cluster, spacing) > 0) &&
		strings.IndexFunc(cluster, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M) && !joiner(r) }) < 0
}

// attracts says whether what follows becomes one cluster with this letter, as the
// next syllable of Hangul does with a leading consonant that lost its own.
func attracts(letter, rest string) bool {
	_, n := utf8.DecodeRuneInString(rest)
	cluster, _ := ansi.FirstGraphemeCluster(letter+rest[:n], ansi.GraphemeWidth)
	return cluster != letter
}

// agreed keeps of each character only what all terminals give the same width:
// of an emoji sequence, its first. A terminal that counts the parts, where
// others count the whole, would shift all that follows on the row. Syllables
// stay whole, or nobody could read them; see settled for their width.
func agreed(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" {
			break
		}
		s = s[len(cluster):]
		if width > 0 && written(cluster) {
			b.WriteString(cluster)
			continue
		}
		if width != ansi.StringWidthWc(cluster) {
			r, _ := utf8.DecodeRuneInString(cluster)
			if cluster = string(r); attracts(cluster, s) {
				cluster = "\uFFFD"
			}
		}
		if ansi.StringWidth(cluster) != ansi.StringWidthWc(cluster) || ansi.StringWidth(cluster) == 0 {
			cluster = "\uFFFD"
		}
		b.WriteString(cluster)
	}
	return b.String()
}
