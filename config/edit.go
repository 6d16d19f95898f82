package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// ErrChanged is a setting that somebody else has changed in the file since this
// phone read it.
var ErrChanged = errors.New("changed meanwhile")

// File is the settings file of a running phone, for writing single settings.
// What else stands in it stays: comments, order, and what others wrote
// meanwhile. It is not safe for concurrent use.
type File struct {
	path  string
	known string // the file as this phone read or wrote it last
}

// OpenFile reads the file as it is now; one that cannot be read is an error of
// Edit.
func OpenFile(p Paths) *File {
	f := &File{path: p.Settings()}
	f.known, _ = f.read()
	return f
}

// Edit writes one setting, or takes it out where it is given no value. A file
// in which that very setting is another than it was is left alone, once:
// [ErrChanged]. So is one that is malformed, or written in a way that Edit does
// not know.
func (f *File) Edit(key string, values ...string) error {
	text, err := f.read()
	if err != nil {
		return err
	}
	was, err := decode(f.path, text)
	if err != nil {
		return err
	}
	if text != f.known {
		known, _ := decode(f.path, f.known)
		f.known = text
		if old, now := known[key], was[key]; !reflect.DeepEqual(old, now) {
			return fmt.Errorf("%s: %s %w, to %v", f.path, key, ErrChanged, shown(now))
		}
	}
	edited, err := edit(text, key, values)
	if err == nil {
		err = checkEdit(f.path, edited, was, key, values)
	}
	if err != nil {
		return fmt.Errorf("%s: %w; change %s there by hand", f.path, err, key)
	}
	if edited == text {
		return nil
	}
	path := f.path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // many keep their settings elsewhere, and a link to them here
	}
	if err := write(path, []byte(edited)); err != nil {
		return err
	}
	f.known = edited
	return nil
}

func (f *File) read() (string, error) {
	data, err := os.ReadFile(f.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", f.path, reason(err))
	}
	return string(data), nil
}

// decode is what a file sets, by whole keys.
func decode(path, text string) (map[string]any, error) {
	var values map[string]any
	meta, err := toml.NewDecoder(bytes.NewReader([]byte(text))).Decode(&values)
	if err != nil {
		return nil, malformed(path, err)
	}
	flat := map[string]any{}
	for _, key := range meta.Keys() {
		if v := lookup(values, key); reflect.ValueOf(v).Kind() != reflect.Map {
			flat[strings.Join(key, ".")] = v
		}
	}
	return flat, nil
}

// checkEdit sees that an edited file says what it said, and the change, and that
// a phone will take it.
func checkEdit(path, edited string, was map[string]any, key string, values []string) error {
	now, err := decode(path, edited)
	if err != nil {
		return errNotEditable
	}
	value, there := now[key]
	delete(now, key)
	delete(was, key)
	if there != (len(values) > 0) || !reflect.DeepEqual(was, now) {
		return errNotEditable
	}
	if !there {
		return nil
	}
	var s Settings
	if err := set(s.fields(), key, value); err != nil {
		return err
	}
	if got := s.Values()[key]; !slices.Equal(got, values) {
		return errNotEditable
	}
	return nil
}

var errNotEditable = errors.New("it is written in a way that tring does not change")

// edit puts one setting into a file's text.
func edit(text, key string, values []string) (string, error) {
	list, ok := statements(text)
	if !ok {
		return "", errNotEditable
	}
	path := strings.Split(key, ".")
	at := slices.IndexFunc(list, func(s statement) bool { return !s.header && slices.Equal(s.path, path) })
	switch {
	case len(values) == 0 && at < 0:
		return text, nil
	case len(values) == 0:
		return remove(text, list[at]), nil
	}
	var s Settings
	value, err := written(s.fields(), key, values)
	if err != nil {
		return "", err
	}
	if at >= 0 {
		return text[:list[at].value] + value + text[list[at].end:], nil
	}
	return insert(text, list, path, value), nil
}

// remove takes a statement out, and of its lines the rest.
func remove(text string, s statement) string {
	if !s.inline {
		return text[:lineStart(text, s.start)] + text[min(lineEnd(text, s.end)+1, len(text)):]
	}
	before, after := strings.TrimRight(text[:s.start], " \t"), strings.TrimLeft(text[s.end:], " \t")
	if rest, ok := strings.CutPrefix(after, ","); ok {
		return text[:s.start] + strings.TrimLeft(rest, " \t")
	}
	return strings.TrimRight(strings.TrimSuffix(before, ","), " \t") + " " + after
}

// insert puts a new statement where its like are: in its table, or where others
// of the table are, or at the end under a header of its own.
func insert(text string, list []statement, path []string, value string) string {
	table, newline := path[:len(path)-1], "\n"
	if strings.Contains(text, "\r\n") {
		newline = "\r\n"
	}
	var beside *statement
	inTable, atRoot := false, true
	for i := range list {
		s := &list[i]
		atRoot = atRoot && !s.header
		switch {
		case len(table) == 0:
			if atRoot && !s.inline {
				beside = s
			}
		case s.header:
			if inTable = slices.Equal(s.path, table); inTable {
				beside = s
			}
		case !s.inline && slices.Equal(s.path, table): // an inline one
			return text[:s.value+1] + " " + path[len(path)-1] + " = " + value + separator(text[s.value+1:]) + text[s.value+1:]
		case inTable && !s.inline:
			beside = s
		case !s.inline && len(s.path) == len(path) && slices.Equal(s.path[:len(table)], table):
			beside = s // with dots in its key
		}
	}
	switch {
	case beside != nil:
		return insertBelow(text, *beside, path, value, newline)
	case len(table) > 0:
		return ended(text, newline) + blank(text, newline) + "[" + strings.Join(table, ".") + "]" + newline +
			path[len(path)-1] + " = " + value + newline
	case len(list) == 0:
		return ended(text, newline) + path[0] + " = " + value + newline
	}
	return insertAbove(text, list[0].start, path[0]+" = "+value+newline+newline)
}

// separator is what a new first entry of an inline table needs before the rest.
func separator(rest string) string {
	if strings.HasPrefix(strings.TrimSpace(rest), "}") {
		return " "
	}
	return ","
}

// insertBelow puts a statement on the line below another, as far in as that.
func insertBelow(text string, s statement, path []string, value, newline string) string {
	under := s.under
	if s.header {
		under = len(s.path)
	}
	start, end := lineStart(text, s.start), min(lineEnd(text, s.end)+1, len(text))
	far := text[start:s.start]
	if strings.TrimSpace(far) != "" {
		far = "" // a byte order mark
	}
	return ended(text[:end], newline) + far + strings.Join(path[under:], ".") + " = " + value + newline + text[end:]
}

// insertAbove puts lines above the first header, and above the comment that
// belongs to it.
func insertAbove(text string, header int, lines string) string {
	at := lineStart(text, header)
	for at > 0 {
		above := lineStart(text, at-1)
		if !strings.HasPrefix(strings.TrimSpace(text[above:at]), "#") {
			break
		}
		at = above
	}
	if at == 0 && strings.HasPrefix(text, "\uFEFF") {
		at = len("\uFEFF")
	}
	return text[:at] + lines + text[at:]
}

// ended is a text whose last line has its end.
func ended(text, newline string) string {
	if text == "" || text == "\uFEFF" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + newline
}

// blank is an empty line before a new table, but at the beginning.
func blank(text, newline string) string {
	if strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF")) == "" {
		return ""
	}
	return newline
}
