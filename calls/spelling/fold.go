package spelling

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// small are the letters of a plain keyboard, and all other ASCII, by their code.
const small = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f" +
	" !\"#$%&'()*+,-./0123456789:;<=>?@abcdefghijklmnopqrstuvwxyz[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f"

// typed is what somebody types who has no such key, for the small letters that
// Unicode does not take apart. ä is a, for it does: of two spellings of German
// that finds the name without the key.
var typed = map[rune]string{ //nolint:gochecknoglobals // a table
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ħ': "h", 'ı': "i", 'ĳ': "ij",
	'ĸ': "k", 'ŀ': "l", 'ŉ': "n", 'ŋ': "n", 'ŧ': "t", 'ſ': "s", 'ς': "σ",
}

// Letter is a letter as a search sees it: small, and without accents, which not
// every keyboard has (Unicode Standard Annex 15: the canonical decomposition puts
// them after their letter). Empty for an accent that stands alone.
func Letter(r rune) string {
	if 0 <= r && r < utf8.RuneSelf {
		return small[r : r+1]
	}
	if unicode.Is(unicode.Mn, r) {
		return ""
	}
	r = unicode.ToLower(r)
	parts := norm.NFD.PropertiesString(string(r)).Decomposition()
	if parts == nil {
		return onPlainKeys(r)
	}
	var letter string
	for _, part := range string(parts) {
		if !unicode.Is(unicode.Mn, part) {
			letter += onPlainKeys(part)
		}
	}
	return letter
}

func onPlainKeys(r rune) string {
	if plain, ok := typed[r]; ok {
		return plain
	}
	return string(r)
}

// Fold is a text as a search sees it, letter by letter.
func Fold(text string) string {
	if plain(text) {
		return strings.ToLower(text)
	}
	var b strings.Builder
	for _, r := range norm.NFC.String(text) { // Korean syllables, whose parts are letters
		b.WriteString(Letter(r))
	}
	return b.String()
}

func plain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
