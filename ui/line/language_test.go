package line

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tring/calls"
	"tring/ui"
)

func german() ui.Language { return ui.LanguageOf("de", nil) }

// said are all English words that the package says.
func said(t *testing.T) map[string]bool {
	t.Helper()
	files := token.NewFileSet()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			s, ok := call.Fun.(*ast.SelectorExpr)
			lit, isText := call.Args[0].(*ast.BasicLit)
			if ok && isText && (s.Sel.Name == "Say" || s.Sel.Name == "tell") {
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				words[text] = true
			}
			return true
		})
	}
	for _, cmd := range commands() {
		words[cmd.word], words[cmd.help], words[string(cmd.moment)] = true, true, true
	}
	for _, s := range settings() {
		for _, v := range s.values {
			words[v.words] = true
		}
		words[s.name], words[s.empty], words[s.question] = true, true, true
	}
	for _, err := range []*calls.Error{
		calls.ErrAnsweredElsewhere, calls.ErrBusySelf, calls.ErrCallNotFound, calls.ErrCallTerminated, calls.ErrCallingSelf,
		calls.ErrInternal, calls.ErrInvalidRequest, calls.ErrInvalidStatus, calls.ErrInvalidToken, calls.ErrNotAParty,
		calls.ErrNotSupported, calls.ErrOffline, calls.ErrRateLimited, calls.ErrRemoved, calls.ErrReplaced, calls.ErrSignIn,
		calls.ErrSignInTimeout, calls.ErrTooManyDevices, calls.ErrUnknownReceiver, calls.ErrVersion,
	} {
		words[err.Text] = true
	}
	delete(words, "")
	return words
}

var verb = regexp.MustCompile(`%[-+.0-9]*[a-z%]`)

// The same words in German, with the same values in the same order.
func TestGermanIsWhole(t *testing.T) {
	same := []string{"Server: %s", "video"} // as in English
	for english := range said(t) {
		other := german().Say(english)
		if other == english && !slices.Contains(same, english) {
			t.Errorf("no German for %q", english)
		}
		if a, b := verb.FindAllString(english, -1), verb.FindAllString(other, -1); !slices.Equal(a, b) {
			t.Errorf("%q has the values %v, its German %q has %v", english, a, other, b)
		}
	}
}

// No word means two commands, in any language.
func TestCommandsAreDistinct(t *testing.T) {
	for _, l := range []ui.Language{{}, german()} {
		for _, a := range commands() {
			for _, word := range []string{a.letter, a.word, l.Say(a.word)} {
				var means []string
				for _, b := range commands() {
					if b.named(l, word) {
						means = append(means, b.word)
					}
				}
				if word != "" && len(means) != 1 {
					t.Errorf("%q means %v", word, means)
				}
			}
		}
	}
}

func TestConsoleInGerman(t *testing.T) {
	p := sitWith(t, func(c *Console, phone *fakePhone) {
		c.Language = german()
		phone.view.MissedCount = 1
	})
	p.reads("Welcome.", "? hilft.", "1 verpasster Anruf. t zeigt die Anrufe.", "1. Bob, da", "2. Eve, nicht da")
	p.enters("anrufe verpasst", "1. bob, verpasst, heute um 12:00")
	p.types("anrufen bob")
	p.did("initiate new audio bob")
	in := ringing("one", "bob")
	p.phone.tell(calls.Event{Name: calls.IncomingCallReceived, Call: in.Call}, in)
	p.reads("bob ruft an. a nimmt an, r lehnt ab, b sagt besetzt.")
	p.types("annehmen")
	p.did(`accept one join=true ending=""`)
	p.phone.mu.Lock()
	p.phone.fails = calls.ErrOffline
	p.phone.mu.Unlock()
	p.types("c carla")
	p.did("initiate new audio carla")
	p.reads("Das ging nicht: es gibt keine Verbindung zum Server.")
	p.types("beenden")
	if err := <-p.ended; err != nil {
		t.Error(err)
	}
}
