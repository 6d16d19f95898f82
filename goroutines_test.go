package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"testing"
)

// unguarded are the packages and files whose code may run in the process of
// several telephones, and what in them still begins goroutines by itself. Nil is
// nothing: everything there runs under a guard.
var unguarded = map[string][]string{
	"tring/audio": nil, "tring/calls/agent": nil, "tring/calls/media": nil, "tring/calls/signaling": nil,
	"tring/ui": nil, "tring/ui/line": nil,
	"tring/ui/host": {
		"host.go",     // the listener's, which is of no login
		"overseer.go", // Run's, which is told after its guard
	},
	// What is never a login's: commands of servers and of one's own machine.
	"tring/ui/cli": {
		"host.go", "thrift.go", "serve.go", "trial.go", "lines.go", "login.go", "pcm.go", "ssh.go", "ssh_sound.go",
		"terminal.go", "logfile.go", "notify.go", "record.go",
	},
}

// TestGoroutinesHaveAGuard: a panic of one login's telephone must not end the
// others', so no goroutine of a telephone begins without a guard.
func TestGoroutinesHaveAGuard(t *testing.T) {
	for _, p := range listPackages(t) {
		exempt, ofPhones := unguarded[p.ImportPath]
		if !ofPhones {
			continue
		}
		for _, name := range p.GoFiles {
			naked := nakedGoroutines(t, filepath.Join(p.Dir, name))
			switch excused := slices.Contains(exempt, name); {
			case !excused:
				for _, at := range naked {
					t.Errorf("%s begins a goroutine without a guard", at)
				}
			case len(naked) == 0:
				t.Errorf("%s/%s needs no excuse", p.ImportPath, name)
			}
		}
	}
}

// nakedGoroutines are the places where a file begins a goroutine: by a go
// statement, by a timer or the end of a context, or by a wait group.
func nakedGoroutines(t *testing.T, path string) (places []token.Position) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			places = append(places, fset.Position(n.Pos()))
		case *ast.SelectorExpr:
			if n.Sel.Name == "AfterFunc" || n.Sel.Name == "Go" && !isGuard(n.X) {
				places = append(places, fset.Position(n.Pos()))
			}
		}
		return true
	})
	return places
}

// isGuard tells a guard's method Go from a wait group's.
func isGuard(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "g"
	case *ast.SelectorExpr:
		return x.Sel.Name == "guard" || x.Sel.Name == "Guard"
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.SelectorExpr)
		return ok && f.Sel.Name == "guard"
	}
	return false
}
