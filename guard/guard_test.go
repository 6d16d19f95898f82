package guard_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"tring/guard"
)

// TestAPanicIsToldAndEndsThere begins a goroutine in each of the ways there are.
func TestAPanicIsToldAndEndsThere(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	for name, begin := range map[string]func(guard.Guard, func()){
		"Run": guard.Guard.Run,
		"Go":  guard.Guard.Go,
		"Join": func(g guard.Guard, f func()) {
			var group sync.WaitGroup
			g.Join(&group, f)
			group.Wait() // ends in spite of the panic
		},
		"After":    func(g guard.Guard, f func()) { g.After(0, f) },
		"AfterEnd": func(g guard.Guard, f func()) { g.AfterEnd(ended, f) },
	} {
		t.Run(name, func(t *testing.T) {
			type failure struct {
				reason any
				stack  string
			}
			failures, done := make(chan failure, 1), make(chan struct{})
			g := guard.New(func(reason any, stack []byte) { failures <- failure{reason, string(stack)} })
			begin(g, func() {
				defer close(done)
				broken()
			})
			<-done
			if f := <-failures; f.reason != "as asked" || !strings.Contains(f.stack, "guard_test.broken") {
				t.Errorf("told %v with the stack\n%s", f.reason, f.stack)
			}
		})
	}
}

func broken() { panic("as asked") }

func TestWithoutAGuardAPanicIsLetBe(t *testing.T) {
	defer func() {
		if r := recover(); r != "as asked" {
			t.Errorf("recovered %v", r)
		}
	}()
	guard.Guard(nil).Run(broken)
	t.Error("went on")
}
