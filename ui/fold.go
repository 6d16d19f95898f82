package ui

import (
	"strings"

	"tring/calls/spelling"
)

// fold is a string as a search sees it, on the server too.
func fold(s string) string { return spelling.Fold(s) }

// SameName says whether two names that somebody gave look the same: the marks on
// their letters, and capitals, are easily overlooked.
func SameName(a, b string) bool {
	a, b = Clean(a, longName), Clean(b, longName)
	return a != "" && fold(a) == fold(b)
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
		f := spelling.Letter(r)
		if f != "" && seen >= at+len(query) {
			to = i
			break
		}
		if f != "" && seen <= at && at < seen+len(f) {
			from = i
		}
		seen += len(f)
	}
	return from, to, true
}
