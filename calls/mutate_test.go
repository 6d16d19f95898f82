//go:build mutate

package calls

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEveryGuardIsTested deletes each guard of the judge and of the events, one
// at a time, and runs the package's tests: one of them must fail. It takes some
// minutes: make mutate.
//
// A guard is a condition of an if or of a case. The whole of it is made false;
// of a || b each operand is made false; of a && b each is made true.
func TestEveryGuardIsTested(t *testing.T) {
	dir := t.TempDir()
	tried, survived := 0, 0
	for _, name := range []string{"apply.go", "apply_server.go", "event.go"} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mutants(t, name, source) {
			tried++
			if !m.killed(t, dir, path, source) {
				survived++
				t.Errorf("%s: nothing fails when %q becomes %s", m.at, m.was, m.now)
			}
		}
	}
	t.Logf("%d of %d mutants survived", survived, tried)
}

type mutant struct {
	at       token.Position
	from, to int
	was, now string
}

func mutants(t *testing.T, name string, source []byte) (all []mutant) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	add := func(e ast.Expr, now string) {
		from, to := fset.Position(e.Pos()).Offset, fset.Position(e.End()).Offset
		all = append(all, mutant{fset.Position(e.Pos()), from, to, string(source[from:to]), now})
	}
	var operands func(e ast.Expr)
	operands = func(e ast.Expr) {
		b, ok := e.(*ast.BinaryExpr)
		if !ok || b.Op != token.LOR && b.Op != token.LAND {
			return
		}
		now := "false"
		if b.Op == token.LAND {
			now = "true"
		}
		for _, o := range []ast.Expr{b.X, b.Y} {
			add(o, now)
			operands(o)
		}
	}
	guard := func(e ast.Expr) {
		add(e, "false")
		operands(e)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			guard(n.Cond)
		case *ast.SwitchStmt:
			if n.Tag == nil {
				for _, c := range n.Body.List {
					for _, e := range c.(*ast.CaseClause).List {
						guard(e)
					}
				}
			}
		}
		return true
	})
	return all
}

// killed says whether a test fails with the mutant in place of the guard.
func (m mutant) killed(t *testing.T, dir, path string, source []byte) bool {
	t.Helper()
	now := fmt.Sprintf("(%s && (%s))", m.now, m.was)
	if m.now == "true" {
		now = fmt.Sprintf("(true || (%s))", m.was)
	}
	changed := bytes.Join([][]byte{source[:m.from], []byte(now), source[m.to:]}, nil)
	mutated := filepath.Join(dir, "mutated.go")
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(mutated, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]map[string]string{"Replace": {path: mutated}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-count=1", "-failfast", "-overlay", overlay, "-rapid.nofailfile", "-rapid.checks=300", ".")
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("[build failed]")) {
		t.Fatalf("%s: the mutant does not build: %s", m.at, out)
	}
	return err != nil
}
