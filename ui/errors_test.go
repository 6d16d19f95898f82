package ui

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tring/calls"
)

func inGerman() Language { return LanguageOf("de", nil) }

// fromServer is an error as it comes over the wire: the whole text, and a code.
func fromServer(code *calls.Error, text string) error {
	return &calls.Error{Code: code.Code, Text: text}
}

// An error reads as a sentence, in both languages, wherever it comes from.
func TestErrorsReadWell(t *testing.T) {
	for _, c := range []struct {
		err             error
		english, german string
	}{
		{
			fmt.Errorf("call bob: %w", calls.ErrBusySelf),
			"Could not call Bob: this phone is in a call already. Hang up first.",
			"Konnte nicht Bob anrufen: dieses Telefon ist schon im Gespräch. Leg zuerst auf.",
		},
		{
			fromServer(calls.ErrBusySelf, "call bob: this phone is in a call already"),
			"Could not call Bob: this phone is in a call already. Hang up first.",
			"Konnte nicht Bob anrufen: dieses Telefon ist schon im Gespräch. Leg zuerst auf.",
		},
		{
			fromServer(calls.ErrBusySelf, "call bob: another phone of yours calls them already"),
			"Could not call Bob: another phone of yours calls them already.",
			"Konnte nicht Bob anrufen: ein anderes Telefon von dir ruft dort schon an.",
		},
		{
			fromServer(calls.ErrOffline, "call bob: there is no connection to the server"),
			"Could not call Bob: there is no connection to the server. Wait until it is back, then try again.",
			"Konnte nicht Bob anrufen: es gibt keine Verbindung zum Server. Warte, bis er wieder da ist, dann versuch es nochmal.",
		},
		{
			fromServer(calls.ErrCallTerminated, "accept call: the call is over: ended"),
			"Too late: the call is over.", "Zu spät: der Anruf ist vorbei.",
		},
		{
			fromServer(calls.ErrInternal, "the server could not do it; try again"),
			"Could not call Bob: the server could not do it; try again.",
			"Konnte nicht Bob anrufen: der Server konnte es nicht; versuch es nochmal.",
		},
		{
			calls.UserID("Bob!").Validate(),
			`Could not call Bob: the name "Bob!" must begin and end with a-z or 0-9.`,
			`Konnte nicht Bob anrufen: der Name "Bob!" muss mit a-z oder 0-9 anfangen und enden.`,
		},
		{
			fmt.Errorf("call x: %w", calls.UserID("a..b").Validate()),
			`Could not call Bob: the name "a..b" must not hold "..".`,
			`Konnte nicht Bob anrufen: im Namen "a..b" darf ".." nicht stehen.`,
		},
		{ // of a newer server
			fromServer(calls.ErrInvalidRequest, "call bob: the moon is full: that request is not valid"),
			"Could not call Bob: call bob: the moon is full.",
			"Konnte nicht Bob anrufen: diese Anfrage ist ungültig.",
		},
		{
			fromServer(&calls.Error{Code: "moon"}, "the moon is full"),
			"Could not call Bob: the moon is full.", "Konnte nicht Bob anrufen: the moon is full.",
		},
		{
			&fs.PathError{Op: "open", Path: "/x", Err: errors.New("no space left on device")},
			"Could not call Bob: open /x: no space left on device.",
			"Konnte nicht Bob anrufen: open /x: kein Platz mehr auf dem Datenträger.",
		},
		{
			errors.New(`audio.gain is "40"; write -20 to 20`),
			`Could not call Bob: audio.gain is "40"; write -20 to 20.`,
			`Konnte nicht Bob anrufen: audio.gain ist "40"; schreib -20 to 20.`,
		},
	} {
		for l, want := range map[*Language]string{{}: c.english, {words: german, lines: germanBeside}: c.german} {
			if got := l.error(l.act(calls.Initiate{}, "Bob"), "Bob", c.err); got != want {
				t.Errorf("%v\nreads %q\nnot   %q", c.err, got, want)
			}
		}
	}
}

// Every error of the service is known by its code, and has German.
func TestEveryServiceErrorIsKnown(t *testing.T) {
	known := serviceErrors()
	for code, text := range errorLiterals(t, "../calls/errors.go") {
		if known[code] == nil || known[code].Text != text {
			t.Errorf("serviceErrors lacks %s", code)
		}
		if inGerman().Say(text) == text {
			t.Errorf("no German for %q", text)
		}
	}
	servers, err := filepath.Glob("../calls/server/*.go")
	if err != nil || len(servers) == 0 {
		t.Fatal("no server")
	}
	for _, file := range servers {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, text := range errorLiterals(t, file) {
			if !slices.Contains(toldErrors, text) {
				t.Errorf("%s: toldErrors lacks %q", file, text)
			}
		}
	}
}

// errorLiterals are the texts of the errors that a file makes, by their codes, or
// by themselves where the code is another error's.
func errorLiterals(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	text := func(e ast.Expr) string {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if lit, ok := e.(*ast.BasicLit); ok {
			s, _ := strconv.Unquote(lit.Value)
			return s
		}
		return ""
	}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || len(lit.Elts) != 2 {
			return true
		}
		name, _ := lit.Type.(*ast.Ident)
		if s, ok := lit.Type.(*ast.SelectorExpr); ok {
			name = s.Sel
		}
		if words := text(lit.Elts[1]); name != nil && name.Name == "Error" && words != "" {
			code := text(lit.Elts[0])
			if code == "" {
				code = words
			}
			found[code] = words
		}
		return true
	})
	return found
}

// What is wrong with the sound is told in the person's language, too.
func TestNotesOfTheSound(t *testing.T) {
	for note, want := range map[string]string{
		"": "", NoSound: "Kein Tongerät gefunden: Anrufe gehen, aber stumm.",
		"No sound: start the sound system: permission denied": "Kein Ton: Tonsystem starten: keine Berechtigung",
	} {
		if got := inGerman().Note(note); got != want {
			t.Errorf("%q is %q", note, got)
		}
		if got := (Language{}).Note(note); got != note {
			t.Errorf("in English %q is %q", note, got)
		}
	}
	fault := `open microphone "USB": no answer for 5s; no speaker found: plug one in`
	if got := inGerman().SoundFault(fault); got != `Kein Lautsprecher gefunden: du hörst andere nicht. Mikrofon "USB" öffnen: keine Antwort seit 5s.` {
		t.Errorf("%q is %q", fault, got)
	}
}

func TestGermanOfErrorsIsWhole(t *testing.T) {
	for _, clause := range toldErrors {
		other, ok := germanErrors[clause]
		if a, b := verb.FindAllString(clause, -1), verb.FindAllString(other, -1); !ok || !slices.Equal(a, b) {
			t.Errorf("%q has the values %v, its German %q has %v", clause, a, other, b)
		}
	}
	for clause := range germanErrors {
		if !slices.Contains(toldErrors, clause) {
			t.Errorf("%q is never told", clause)
		}
	}
}

// Whatever a server says, the words are clean, and of one line.
func FuzzReason(f *testing.F) {
	f.Add("busy_self", "call \x1b[2Jbob: the name \"\" may hold only a-z 0-9 . _ -: ;;: ")
	f.Add("invalid_request", ": : that request is not valid")
	f.Fuzz(func(t *testing.T, code, text string) {
		for _, l := range []Language{{}, inGerman()} {
			for _, err := range []error{&calls.Error{Code: code, Text: text}, errors.New(text)} {
				if got := l.Reason(err); got != Clean(got, maxNotice) {
					t.Errorf("%q is %q", text, got)
				}
			}
		}
	})
}
