package spelling

import (
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"Bob Okafor-2":             "bob okafor-2",
		"Zoë":                      "zoe",
		"Zoe\u0308":                "zoe",
		"ÉMILE":                    "emile",
		"Søren Østergård":          "soren ostergard",
		"Łukasz":                   "lukasz",
		"Straße":                   "strasse",
		"STRAẞE":                   "strasse",
		"Ǽgir":                     "aegir",
		"Ægir Œuvre":               "aegir oeuvre",
		"Þórður":                   "thordur",
		"Đặng Nguyễn":              "dang nguyen",
		"İstanbul ısı":             "istanbul isi",
		"Ида\u0306 Йозеф":          "ида иозеф",
		"Σίσυφος":                  "σισυφοσ",
		"한":                        "한",
		"\u1112\u1161\u11ab":       "한",
		"\u0301":                   "",
		"日本":                       "日本",
		"\xffa":                    "\ufffda",
		"a\u0323\u0307 \u212bngst": "a angst",
	} {
		if got := Fold(in); want != got {
			t.Errorf("%q is seen as %q, not %q", in, got, want)
		}
	}
}

// What was folded stays as it is, and a text is folded letter by letter.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"Łukasz Strauß", "İ", "\u1112\u1161\u11ab", "\xff", "ǅ", "ﬃ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if !utf8.ValidString(once) {
			t.Errorf("%q becomes %q", s, once)
		}
		if again := Fold(once); again != once {
			t.Errorf("%q becomes %q, and that %q", s, once, again)
		}
	})
}

func TestPlainTextIsFoldedWithoutGarbage(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Fold("bob okafor"); Letter('B') }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
