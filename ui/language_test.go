package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestTheLanguageIsTheEnvironments(t *testing.T) {
	tests := []struct {
		setting string
		env     map[string]string
		want    string
	}{
		{"auto", map[string]string{"LANG": "de_AT.UTF-8"}, "anrufen"},
		{"auto", map[string]string{"LANG": "de_AT.UTF-8", "LC_ALL": "C.UTF-8"}, "call"},
		{"auto", map[string]string{"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "de"}, "anrufen"},
		{"auto", nil, "call"},
		{"auto", map[string]string{"LANG": "dev_XX"}, "call"},
		{"de", map[string]string{"LC_ALL": "en_US"}, "anrufen"},
		{"en", map[string]string{"LANG": "de_DE"}, "call"},
	}
	for _, tt := range tests {
		l := LanguageOf(tt.setting, func(k string) string { return tt.env[k] })
		if got := l.Say(wordCall); got != tt.want {
			t.Errorf("%q in %v says %q, want %q", tt.setting, tt.env, got, tt.want)
		}
	}
}

// said are all English words that the package says: what is given to Say, and
// the constants of its texts.
func said(t *testing.T) map[string]token.Position {
	t.Helper()
	files := token.NewFileSet()
	words := map[string]token.Position{}
	note := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				words[s] = files.Position(lit.Pos())
			}
		}
	}
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Say" {
					note(n.Args[0])
				}
			case *ast.ValueSpec:
				for i, name := range n.Names {
					text := strings.HasPrefix(name.Name, "text") || strings.HasPrefix(name.Name, "word")
					if text && i < len(n.Values) {
						note(n.Values[i])
					}
				}
			}
			return true
		})
	}
	return words
}

var verb = regexp.MustCompile(`%[-+.0-9]*[a-z%]`)

// Another language says all that English says, with the same values in the
// same order, and nothing that is never said.
func TestGermanIsWhole(t *testing.T) {
	english := said(t)
	for d := range 7 {
		day := time.Weekday(d).String()
		english[day], english[day[:3]] = token.Position{}, token.Position{}
	}
	for m := range 12 {
		month := time.Month(m + 1).String()
		english[month], english[month[:3]] = token.Position{}, token.Position{}
	}
	for _, note := range []string{NoSound, NoMicrophone, NoSpeaker, NoLine} {
		english[note] = token.Position{}
	}
	for _, words := range slices.Sorted(maps.Keys(english)) {
		other, ok := german[words]
		if !ok {
			t.Errorf("%v: no German for %q", english[words], words)
			continue
		}
		if a, b := verb.FindAllString(words, -1), verb.FindAllString(other, -1); !slices.Equal(a, b) {
			t.Errorf("%q has the values %v, its German %q has %v", words, a, other, b)
		}
	}
	for words := range german {
		if _, ok := english[words]; !ok {
			t.Errorf("%q is never said", words)
		}
	}
}

// What the phone in plain lines says beside the screen, it says there alone.
func TestGermanOfLinesIsSaid(t *testing.T) {
	var source strings.Builder
	for _, pattern := range []string{"line/*.go", "cli/screen.go", "../calls/errors.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no file %s: %v", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(data)
		}
	}
	for words := range germanLines {
		if !strings.Contains(source.String(), strconv.Quote(words)) {
			t.Errorf("%q is never said", words)
		}
		if _, ok := german[words]; ok {
			t.Errorf("%q has two translations", words)
		}
	}
}
