package main

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the picture of the house: for each package, the packages of this
// module that it may import. Down only, never sideways.
var mayImport = map[string][]string{
	"tring":        {"tring/ui/cli"},
	"tring/ui/cli": {"*"},

	"tring/ui/host": {"tring/ui", "tring/ui/line", "tring/calls", "tring/audio", "tring/config", "tring/guard"},
	"tring/ui/line": {"tring/ui", "tring/calls", "tring/audio", "tring/guard"},
	"tring/ui":      {"tring/calls", "tring/calls/spelling", "tring/audio", "tring/guard"},

	"tring/calls/agent":     {"tring/calls", "tring/calls/wire", "tring/audio", "tring/guard"},
	"tring/calls/media":     {"tring/calls", "tring/audio", "tring/guard"},
	"tring/calls/server":    {"tring/calls", "tring/calls/spelling", "tring/calls/wire"},
	"tring/calls/signaling": {"tring/calls", "tring/calls/wire", "tring/guard"},
	"tring/calls/spelling":  {},
	"tring/calls/wire":      {"tring/calls"},

	"tring/audio/ogg":       {"tring/audio"},
	"tring/audio/opus":      {"tring/audio"},
	"tring/audio/portaudio": {"tring/audio"},
	"tring/audio/score":     {},
	"tring/audio/wav":       {"tring/audio"},
	"tring/audio/speex":     {"tring/audio"},
	"tring/audio/apm":       {"tring/audio"},

	"tring/calls": {}, "tring/audio": {"tring/guard"}, "tring/config": {}, "tring/guard": {}, "tring/guard/leak": {},
}

// cannotSee are outside modules that a package and all beneath it must not know.
var cannotSee = map[string][]string{
	"tring/ui":              {"github.com/pion/", "github.com/nats-io/", "github.com/gorilla/"},
	"tring/calls/signaling": {"github.com/pion/", "github.com/nats-io/"},
	"tring/calls/agent":     {"github.com/pion/", "github.com/nats-io/", "github.com/gorilla/"},
	"tring/calls/server":    {"github.com/pion/webrtc", "charm.land/"},
	"tring/calls/wire":      {"github.com/"},
	"tring/calls":           {"."},
	"tring/audio":           {"."},
	"tring/audio/score":     {"."},
	"tring/guard":           {"."},
}

type goPackage struct {
	ImportPath, Dir string
	GoFiles         []string
	Imports, Deps   []string
	Standard        bool
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json", "./...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, p := range listPackages(t) {
		allowed, known := mayImport[p.ImportPath]
		if !known {
			t.Errorf("%s has no place in the house: add it to mayImport", p.ImportPath)
		}
		for _, imp := range p.Imports {
			ours := imp == "tring" || strings.HasPrefix(imp, "tring/")
			if ours && !slices.Contains(allowed, imp) && !slices.Contains(allowed, "*") {
				t.Errorf("%s must not import %s", p.ImportPath, imp)
			}
		}
		for _, dep := range p.Deps {
			for _, hidden := range cannotSee[p.ImportPath] {
				outside := hidden == "." && strings.Contains(strings.Split(dep, "/")[0], ".")
				if outside || hidden != "." && strings.HasPrefix(dep, hidden) {
					t.Errorf("%s must not know %s", p.ImportPath, dep)
				}
			}
		}
	}
}

// impure are the files of package audio that may have goroutines and a clock:
// those of the engine. Everything else there, and all of calls and calls/wire,
// is a pure function of what it is given.
var impure = map[string][]string{
	"tring/audio": {"engine.go", "line.go", "stream.go"},
	"tring/calls": nil, "tring/calls/spelling": nil, "tring/calls/wire": nil, "tring/audio/score": nil,
}

func TestTheModelsArePure(t *testing.T) {
	for _, p := range listPackages(t) {
		exempt, pure := impure[p.ImportPath]
		if !pure {
			continue
		}
		for _, name := range p.GoFiles {
			if !slices.Contains(exempt, name) {
				checkPure(t, filepath.Join(p.Dir, name))
			}
		}
	}
}

func checkPure(t *testing.T, path string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, imp := range file.Imports {
		name, _ := strconv.Unquote(imp.Path.Value)
		if slices.Contains([]string{"net", "os", "sync", "context"}, strings.Split(name, "/")[0]) && name != "sync/atomic" {
			t.Errorf("%s imports %s", path, name)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s starts a goroutine", path)
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				t.Errorf("%s uses time.%s", path, n.Sel.Name)
			}
		}
		return true
	})
}

// clocks are the functions of package time that look at a clock.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// TestBudgets: a file of more than 400 lines is two things.
func TestBudgets(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			path := filepath.Join(p.Dir, name)
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			if n := fset.File(file.Pos()).LineCount(); n > 401 {
				t.Errorf("%s has %d lines; the budget is 400", path, n)
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					if n := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1; n > 55 {
						t.Errorf("%s: %s has %d lines; the budget is 50", path, f.Name.Name, n)
					}
				}
			}
		}
	}
}
