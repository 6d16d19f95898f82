package wire

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// protocolPage is the specification for people who read no Go. It is made from
// doc.go, the golden frames and the errors: go test ./calls/wire -update
const protocolPage = "../../docs/protocol.md"

func TestTheProtocolPageIsFresh(t *testing.T) {
	page := renderProtocol(t)
	if *update {
		if err := os.WriteFile(protocolPage, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(protocolPage)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, page) {
		t.Errorf("%s is stale: make it anew with go test ./calls/wire -run TestTheProtocolPageIsFresh -update", protocolPage)
	}
}

func renderProtocol(t *testing.T) []byte {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	page.WriteString("# The protocol of tring\n\n<!-- made from calls/wire by go test ./calls/wire -update; do not edit -->\n\n")
	parsed := (&comment.Parser{}).Parse(file.Doc.Text())
	printer := comment.Printer{HeadingLevel: 2, HeadingID: func(*comment.Heading) string { return "" }, DocLinkBaseURL: "https://pkg.go.dev"}
	page.Write(printer.Markdown(parsed))
	page.WriteString("\n## Error codes\n\nThe text may carry more: what was being done, or to whom.\n\n| code | text |\n|---|---|\n")
	for _, e := range serviceErrors(t) {
		fmt.Fprintf(&page, "| `%s` | %s |\n", e[0], e[1])
	}
	page.WriteString("\n## Every frame, with an example\n\nThe examples are the golden files that the tests compare with.\n")
	for _, f := range examples {
		data, err := os.ReadFile(filepath.Join("testdata", "frames", f.Body.Type()+".json"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&page, "\n### %s\n\n%s.\n\n```json\n%s```\n", f.Body.Type(), direction(f), data)
	}
	return page.Bytes()
}

// direction is who sends a frame: requests have a seq, answers name one.
func direction(f Frame) string {
	switch f.Body.(type) {
	case Hello, Proof, Enrol:
		return "From the phone, while it signs in"
	case Challenge, Enrolled, Welcome:
		return "From the server, while a phone signs in"
	}
	switch {
	case f.Seq != 0:
		return "From the phone: a request"
	case f.Re != 0:
		return "From the server: an answer"
	}
	return "From the server, unasked"
}

// serviceErrors are the codes and texts of package calls, from its source, in
// their order.
func serviceErrors(t *testing.T) (list [][2]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if name, ok := lit.Type.(*ast.Ident); !ok || name.Name != "Error" {
			return true
		}
		var e [2]string
		for i, elt := range lit.Elts {
			text, ok := elt.(*ast.BasicLit)
			if !ok {
				t.Fatalf("an error of package calls is not two texts")
			}
			if e[i], err = strconv.Unquote(text.Value); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, e)
		return true
	})
	if len(list) < 20 {
		t.Fatalf("found %d errors", len(list))
	}
	return list
}

// An older phone of the same major version lacks fields that were added since and
// sends none of them; a newer one sends fields that this one does not know. Both
// are understood, in both directions: the frames here are written by hand, as they
// were in the first version, or may be in a later one.
func TestOlderAndNewerOfOneMajorVersion(t *testing.T) {
	for name, tt := range map[string]struct {
		data string
		want string // how this version writes what it understood
	}{
		"hello of an older phone": {
			`{"type":"hello","seq":1,"body":{"version":1,"user":"bob","device":{"id":"B1"},"key":"ssh-ed25519 A"}}`,
			`{"type":"hello","seq":1,"body":{"version":1,"user":"bob","device":{"id":"B1"},"key":"ssh-ed25519 A"}}`,
		},
		"hello of a newer phone": {
			`{"type":"hello","seq":1,"trace":"t","body":{"version":1,"user":"bob","device":{"id":"B1","os":"plan9"},"key":"k","features":["video"]}}`,
			`{"type":"hello","seq":1,"body":{"version":1,"user":"bob","device":{"id":"B1"},"key":"k"}}`,
		},
		"accept of an older phone": {
			`{"type":"call.accept","seq":2,"body":{"call":"X"}}`, `{"type":"call.accept","seq":2,"body":{"call":"X"}}`,
		},
		"initiate of a newer phone": {
			`{"type":"call.initiate","seq":3,"body":{"call":"X","receiver":{"kind":"user","id":"bob","via":"sip"},"call_type":"audio","subject":"lunch"}}`,
			`{"type":"call.initiate","seq":3,"body":{"call":"X","receiver":{"kind":"user","id":"bob"},"call_type":"audio"}}`,
		},
		"error of a newer server": {
			`{"type":"error","re":3,"body":{"code":"too_early","text":"not yet","retry_ms":500}}`,
			`{"type":"error","re":3,"body":{"code":"too_early","text":"not yet"}}`,
		},
		"event of a newer server": {
			`{"type":"call.event","body":{"events":["CallTransferred"],"call":{"id":"X","type":"audio","status":"ongoing","initiator":"a",` +
				`"receiver":{"kind":"user","id":"b"},"parties":[],"ring_time_ms":1,"initiated_at":"2026-03-01T09:30:00Z","revision":3,"mood":"good"}}}`,
			`{"type":"call.event","body":{"events":["CallTransferred"],"call":{"id":"X","type":"audio","status":"ongoing","initiator":"a",` +
				`"receiver":{"kind":"user","id":"b"},"parties":[],"ring_time_ms":1,"initiated_at":"2026-03-01T09:30:00Z","revision":3}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Decode([]byte(tt.data))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Encode(f)
			if err != nil || !strings.HasPrefix(string(got), tt.want[:len(tt.want)-3]) {
				t.Errorf("understood\n%s (%v), want\n%s", got, err, tt.want)
			}
		})
	}
}
