package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// field is one setting: its key, where its value goes, and what may be written.
type field struct {
	key  string // "audio.input"
	want string // "a time such as \"45s\""
	take func(v any) bool
	give func() string // the value, as take would take it
	bare bool          // whether a file has it without quotes
	// each is for a table whose keys somebody else knows: "keys.*".
	each func(name string, v any) bool
	all  func() map[string][]string
}

// fits says whether the field is for this key, and the rest of the key for one
// that takes a whole table.
func (f field) fits(key string) (name string, ok bool) {
	if f.each == nil {
		return "", f.key == key
	}
	return strings.CutPrefix(key, strings.TrimSuffix(f.key, "*"))
}

// keys is a table of lists of keys, by what they do.
func keys(key string, to *map[string][]string) field {
	all := func() map[string][]string { return *to }
	return field{key: key, want: `a key such as "a", or several: ["a", "enter"]`, all: all, each: func(name string, v any) bool {
		var list []string
		switch v := v.(type) {
		case string:
			list = []string{v}
		case []any:
			for _, k := range v {
				s, ok := k.(string)
				if !ok {
					return false
				}
				list = append(list, s)
			}
		}
		if len(list) == 0 || slices.Contains(list, "") {
			return false
		}
		if *to == nil {
			*to = map[string][]string{}
		}
		(*to)[name] = list
		return true
	}}
}

func text(key string, to *string) field {
	return field{key: key, want: `a text in quotes`, give: func() string { return *to }, take: func(v any) bool {
		s, ok := v.(string)
		if ok {
			*to = s
		}
		return ok
	}}
}

func choice(key string, to *string, choices ...string) field {
	want := "one of \"" + strings.Join(choices, "\", \"") + "\""
	return field{key: key, want: want, give: func() string { return *to }, take: func(v any) bool {
		s, ok := v.(string)
		if ok = ok && slices.Contains(choices, s); ok {
			*to = s
		}
		return ok
	}}
}

func yesno(key string, to *bool) field {
	return field{key: key, want: "true or false", bare: true, give: func() string { return strconv.FormatBool(*to) }, take: func(v any) bool {
		switch v {
		case true, "true":
			*to = true
		case false, "false":
			*to = false
		default:
			return false
		}
		return true
	}}
}

func span(key string, to *time.Duration, least, most time.Duration) field {
	want := fmt.Sprintf("a time from %v to %v such as \"%v\"", least, most, max(least, min(45*time.Second, most)))
	return field{key: key, want: want, give: func() string { return to.String() }, take: func(v any) bool {
		s, ok := v.(string)
		d, err := time.ParseDuration(s)
		if ok = ok && err == nil && d >= least && d <= most; ok {
			*to = d
		}
		return ok
	}}
}

// count is written as a whole number, or as a text in the environment.
func count(key string, to *int, least, most int) field {
	want := fmt.Sprintf("a whole number from %d to %d", least, most)
	give := func() string { return strconv.Itoa(*to) }
	return field{key: key, want: want, bare: true, give: give, take: func(v any) bool {
		n, ok := v.(int64)
		if text, written := v.(string); written {
			parsed, err := strconv.ParseInt(text, 10, 64)
			n, ok = parsed, err == nil
		}
		if ok = ok && n >= int64(least) && n <= int64(most); ok {
			*to = int(n)
		}
		return ok
	}}
}

// decibels are written as a number, or as a text in the environment.
func decibels(key string, to *float64, least, most float64) field {
	want := fmt.Sprintf("a number of dB from %v to %v", least, most)
	give := func() string { return strconv.FormatFloat(*to, 'f', -1, 64) }
	return field{key: key, want: want, bare: true, give: give, take: func(v any) bool {
		var db float64
		switch v := v.(type) {
		case int64:
			db = float64(v)
		case float64:
			db = v
		case string:
			parsed, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return false
			}
			db = parsed
		default:
			return false
		}
		ok := db >= least && db <= most // not so for NaN
		if ok {
			*to = db
		}
		return ok
	}}
}

// env is the variable that sets the field too.
func (f field) env() string {
	return "TRING_" + strings.ToUpper(strings.ReplaceAll(f.key, ".", "_"))
}

// load fills the fields from a TOML file; a file that is missing sets nothing.
func load(path string, fields []field) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, reason(err))
	}
	var values map[string]any
	meta, err := toml.Decode(string(data), &values)
	if err != nil {
		return malformed(path, err)
	}
	for _, key := range meta.Keys() {
		if err := set(fields, key.String(), lookup(values, key)); err != nil {
			return fmt.Errorf("%s, line %d: %w", path, lineOf(string(data), key), err)
		}
	}
	return nil
}

// set gives one value from a file to its field. A table is no value.
func set(fields []field, key string, value any) error {
	if _, table := value.(map[string]any); table {
		if slices.ContainsFunc(fields, func(f field) bool { return strings.HasPrefix(f.key, key+".") }) {
			return nil
		}
		return unknown(fields, key)
	}
	for _, f := range fields {
		name, ok := f.fits(key)
		if !ok {
			continue
		}
		if f.each != nil && !f.each(name, value) || f.each == nil && !f.take(value) {
			return fmt.Errorf("%s is %v; write %s", key, shown(value), f.want)
		}
		return nil
	}
	return unknown(fields, key)
}

// override takes what the environment says.
func override(getenv func(string) string, fields []field) error {
	for _, f := range fields {
		if f.each != nil {
			continue
		}
		if v := getenv(f.env()); v != "" && !f.take(v) {
			return fmt.Errorf("%s is %q; write %s", f.env(), v, strings.ReplaceAll(f.want, `"`, ""))
		}
	}
	return nil
}

func unknown(fields []field, key string) error {
	best := slices.MinFunc(fields, func(a, b field) int { return cmp.Compare(distance(a.key, key), distance(b.key, key)) })
	if distance(best.key, key) <= max(2, len(key)/3) {
		return fmt.Errorf("there is no setting %q; did you mean %q?", key, best.key)
	}
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return fmt.Errorf("there is no setting %q; there are %s", key, strings.Join(keys, ", "))
}

// malformed turns a parser's error into one line, in words for whoever wrote the
// file. The parser tells of a table's name that goes on into the next line there.
func malformed(path string, err error) error {
	p, ok := errors.AsType[toml.ParseError](err)
	if !ok {
		return fmt.Errorf("%s: %w", path, err)
	}
	line, why := p.Position.Line, `this is no setting; settings look like  key = "value"`
	switch m := p.Message; {
	case strings.Contains(m, "end table"):
		why = "the table's name lacks its ]; a table begins like  [audio]"
		if strings.Contains(m, "got '\\n'") {
			line--
		}
	case strings.Contains(m, "already been defined"):
		_, name, _ := strings.Cut(m, "'")
		name, _, _ = strings.Cut(name, "'")
		why = fmt.Sprintf("%q is there twice; remove one", name)
	case strings.Contains(m, "newlines"):
		why = `the text lacks its closing "; settings look like  key = "value"`
	case strings.Contains(m, "expected value"):
		why = `the value is missing, or lacks its quotes; settings look like  key = "value"`
	case strings.Contains(m, "escape"):
		why = `a \ in a text is written \\, or put the text in 'single quotes'`
	}
	return fmt.Errorf("%s, line %d: %s", path, line, why)
}

func shown(v any) string {
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(v)
}

func lookup(values map[string]any, key toml.Key) any {
	var v any = values
	for _, k := range key {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

// lineOf finds where a key stands. The decoder tells that of errors only.
func lineOf(data string, key toml.Key) int {
	table := ""
	for i, line := range strings.Split(data, "\n") {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			name, _, _ = strings.Cut(name, "]")
			table = strings.Trim(name, `[] "`) + "."
			if strings.TrimSuffix(table, ".") == key.String() {
				return i + 1
			}
			continue
		}
		name, _, ok := strings.Cut(line, "=")
		name = strings.Trim(strings.TrimSpace(name), `"`)
		if ok && (table+name == key.String() || strings.TrimPrefix(table, ".")+name == key.String()) {
			return i + 1
		}
	}
	return 1
}

// LineOf is the line of the settings file where a setting such as "keys.accept"
// stands; 1 where it does not.
func (p Paths) LineOf(setting string) int {
	data, err := os.ReadFile(p.Settings())
	if err != nil {
		return 1
	}
	return lineOf(string(data), strings.Split(setting, "."))
}

// distance counts the letters to insert, delete or replace between a and b
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above, replaced := row[j+1], diagonal
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(row[j]+1, above+1, replaced)
			diagonal = above
		}
	}
	return row[len(b)]
}
