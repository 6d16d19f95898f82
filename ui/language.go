package ui

import (
	"fmt"
	"strings"
)

// Language is what a telephone says its words in. The words of the code are
// English and stand for themselves; another language translates them, so that
// one that has no word for something says it in English. It is a value, safe
// for concurrent use; the zero value is English.
type Language struct {
	words  map[string]string // of the screen
	lines  map[string]string // of the phone in plain lines and of errors, beside those
	byHost bool              // of a phone at a host, for somebody who came by ssh
}

// LanguageOf chooses the language for a setting: "en", "de", or "auto", which
// takes that of the environment (POSIX: LC_ALL before LC_MESSAGES before LANG).
func LanguageOf(setting string, getenv func(string) string) Language {
	for _, variable := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if setting != "auto" && setting != "" {
			break
		}
		setting = getenv(variable)
	}
	if code, _, _ := strings.Cut(strings.ToLower(setting), "_"); code == "de" || strings.HasPrefix(code, "de.") {
		return Language{words: german, lines: germanBeside}
	}
	return Language{}
}

// Say is the English words in this language, formatted as by fmt.Sprintf.
func (l Language) Say(english string, values ...any) string {
	words, ok := l.words[english]
	if !ok {
		words, ok = l.lines[english]
	}
	if !ok {
		words = english
	}
	if len(values) == 0 {
		return words
	}
	return fmt.Sprintf(words, values...)
}
