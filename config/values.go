package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Values are all settings as texts, by their keys in the file: "audio.gain" is
// "-1.5", and "keys.accept" may be several.
func (s *Settings) Values() map[string][]string {
	values := map[string][]string{}
	for _, f := range s.fields() {
		if f.each == nil {
			values[f.key] = []string{f.give()}
			continue
		}
		for name, list := range f.all() {
			values[strings.TrimSuffix(f.key, "*")+name] = slices.Clone(list)
		}
	}
	return values
}

// Set changes one setting to what Values would say of it, or back to what is
// built in where it is given none.
func (s *Settings) Set(key string, values ...string) error {
	fields := s.fields()
	i := slices.IndexFunc(fields, func(f field) bool { _, ok := f.fits(key); return ok })
	if i < 0 {
		return unknown(fields, key)
	}
	defer s.complete()
	f := fields[i]
	taken := false
	switch name, _ := f.fits(key); {
	case len(values) == 0:
		return s.reset(key)
	case f.each != nil:
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		taken = f.each(name, list)
	case len(values) == 1:
		taken = f.take(values[0])
	}
	if !taken {
		return fmt.Errorf("%s is %q; write %s", key, strings.Join(values, ", "), strings.ReplaceAll(f.want, `"`, ""))
	}
	return nil
}

// reset makes the settings anew, without one.
func (s *Settings) reset(key string) error {
	fresh := BuiltIn()
	usual := fresh.Values()
	for other, values := range s.Values() {
		if other == key || slices.Equal(values, usual[other]) {
			continue
		}
		if err := fresh.Set(other, values...); err != nil {
			return err
		}
	}
	*s = fresh
	return nil
}

// Variable is what sets a setting in the environment: TRING_AUDIO_INPUT for
// audio.input. A key of the screen has none.
func Variable(key string) string {
	if strings.HasPrefix(key, "keys.") {
		return ""
	}
	return field{key: key}.env()
}

// written is a value as a file has it.
func written(fields []field, key string, values []string) (string, error) {
	i := slices.IndexFunc(fields, func(f field) bool { _, ok := f.fits(key); return ok })
	switch {
	case i < 0:
		return "", unknown(fields, key)
	case fields[i].bare:
		return values[0], nil
	case len(values) == 1:
		return quote(values[0]), nil
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]", nil
}

// quote is a basic string of TOML.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\u` + strings.Repeat("0", 4-len(strconv.FormatInt(int64(r), 16))) + strconv.FormatInt(int64(r), 16))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
