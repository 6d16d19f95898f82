package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The Latin letters from À to ſ (Unicode's blocks Latin-1 Supplement and Latin
// Extended-A), and what somebody types who has no such key. A blank stands for
// what is no letter.
const (
	foldedFrom = 'À'
	foldedTo   = 'ſ'
	plainForms = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty" +
		"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll" +
		"lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
)

// folded is a letter as a search sees it: small, and without its accents. 0 for
// a mark that stands alone.
func folded(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	case foldedFrom <= r && r <= foldedTo:
		if plain := rune(plainForms[r-foldedFrom]); plain != ' ' {
			return plain
		}
		return r
	case unicode.Is(unicode.Mn, r):
		return 0
	}
	return unicode.ToLower(r)
}

// fold is a string as a search sees it.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r = folded(r); r == 0 {
			return -1
		}
		return r
	}, s)
}

// match finds a folded query in s: the bytes from and to, with the marks that
// belong to the last letter.
func match(s, query string) (from, to int, ok bool) {
	if query == "" {
		return 0, 0, false
	}
	at := strings.Index(fold(s), query)
	if at < 0 {
		return 0, 0, false
	}
	from, to, seen := len(s), len(s), 0 // seen: folded bytes so far
	for i, r := range s {
		f := folded(r)
		if f != 0 && seen >= at+len(query) {
			to = i
			break
		}
		if f != 0 && seen == at && from == len(s) {
			from = i
		}
		if f != 0 {
			seen += utf8.RuneLen(f)
		}
	}
	return from, to, true
}
