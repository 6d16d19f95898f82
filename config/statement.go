package config

import (
	"slices"
	"strconv"
	"strings"
)

// statement is one key with its value in a TOML file, or a table's header, by
// where it stands there.
type statement struct {
	path       []string // the whole of it, the table's name included
	header     bool
	inline     bool // within the braces of an inline table
	under      int  // how much of the path the header above it says
	start, end int  // of the statement, without the comment behind it
	value      int  // where the value starts; it ends with the statement
}

// statements finds all of a file. It is for files that a decoder has taken; it
// is not ok for what it does not understand.
func statements(text string) (list []statement, ok bool) {
	p := scanner{text: text}
	if strings.HasPrefix(text, "\uFEFF") {
		p.at = len("\uFEFF")
	}
	var table []string
	for p.skip("\n"); p.at < len(text) && !p.failed; p.skip("\n") {
		start := p.at
		if text[p.at] == '[' {
			table = p.header()
			p.found = append(p.found, statement{path: table, header: true, start: start, end: p.at})
			continue
		}
		p.statement(table, false)
	}
	return p.found, !p.failed
}

// scanner walks over a TOML file.
type scanner struct {
	text   string
	at     int
	arrays int // how deep in arrays; what is in them has no name
	found  []statement
	failed bool
}

// skip goes over spaces, these other letters, and comments if an end of line is
// among them.
func (p *scanner) skip(others string) {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case strings.IndexByte(" \t\r"+others, c) >= 0:
			p.at++
		case c == '#' && strings.Contains(others, "\n"):
			p.at = lineEnd(p.text, p.at)
		default:
			return
		}
	}
}

// take goes over one letter that must be there.
func (p *scanner) take(c byte) {
	if p.at >= len(p.text) || p.text[p.at] != c {
		p.failed = true
		return
	}
	p.at++
}

func (p *scanner) header() []string {
	p.take('[')
	double := p.at < len(p.text) && p.text[p.at] == '['
	if double {
		p.take('[')
	}
	path := p.key()
	p.take(']')
	if double {
		p.take(']')
		return append(path, "[]") // what stands under it is in an array
	}
	return path
}

func (p *scanner) statement(table []string, inline bool) {
	s := statement{start: p.at, inline: inline, under: len(table)}
	s.path = append(slices.Clone(table), p.key()...)
	p.take('=')
	p.skip("")
	s.value = p.at
	i := len(p.found)
	p.found = append(p.found, s)
	p.pass(s.path)
	p.found[i].end = p.at
	if p.arrays > 0 {
		p.found = p.found[:i]
	}
}

// key reads a key, which may have dots and quotes.
func (p *scanner) key() (path []string) {
	for !p.failed {
		p.skip("")
		start := p.at
		switch {
		case p.at < len(p.text) && (p.text[p.at] == '"' || p.text[p.at] == '\''):
			p.quoted(p.text[p.at : p.at+1])
			path = append(path, p.unquote(p.text[start:p.at]))
		default:
			for p.at < len(p.text) && strings.IndexByte(" \t\r\n.=]", p.text[p.at]) < 0 {
				p.at++
			}
			p.failed = p.failed || p.at == start
			path = append(path, p.text[start:p.at])
		}
		p.skip("")
		if p.at >= len(p.text) || p.text[p.at] != '.' {
			return path
		}
		p.at++
	}
	return path
}

func (p *scanner) unquote(s string) string {
	if p.failed {
		return ""
	}
	if s[0] == '\'' {
		return s[1 : len(s)-1]
	}
	name, err := strconv.Unquote(s)
	p.failed = p.failed || err != nil
	return name
}

// pass goes over a value; the entries of an inline table are found by the way.
func (p *scanner) pass(path []string) {
	rest := p.text[p.at:]
	switch {
	case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, "'''"):
		p.quoted(rest[:3])
		for n := 0; n < 2 && p.at < len(p.text) && p.text[p.at] == rest[0]; n++ {
			p.at++ // quotes that belong to the text
		}
	case strings.HasPrefix(rest, `"`), strings.HasPrefix(rest, "'"):
		p.quoted(rest[:1])
	case strings.HasPrefix(rest, "["):
		p.arrays++
		p.at++
		for p.skip("\n,"); p.at < len(p.text) && p.text[p.at] != ']' && !p.failed; p.skip("\n,") {
			p.pass(path)
		}
		p.take(']')
		p.arrays--
	case strings.HasPrefix(rest, "{"):
		p.at++
		for p.skip("\n,"); p.at < len(p.text) && p.text[p.at] != '}' && !p.failed; p.skip("\n,") {
			p.statement(path, true)
		}
		p.take('}')
	default:
		n := strings.IndexAny(rest, ",]}#\r\n")
		if n < 0 {
			n = len(rest)
		}
		n = len(strings.TrimRight(rest[:n], " \t"))
		p.failed = p.failed || n == 0
		p.at += n
	}
}

// quoted goes over a text in these quotes.
func (p *scanner) quoted(quote string) {
	for p.at += len(quote); p.at < len(p.text); p.at++ {
		switch {
		case p.text[p.at] == '\\' && quote[0] == '"':
			p.at++
		case strings.HasPrefix(p.text[p.at:], quote):
			p.at += len(quote)
			return
		}
	}
	p.failed, p.at = true, len(p.text)
}

// lineStart and lineEnd are the ends of the line of a position; the newline is
// not of it.
func lineStart(text string, at int) int { return strings.LastIndexByte(text[:at], '\n') + 1 }

func lineEnd(text string, at int) int {
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return at + n
	}
	return len(text)
}
