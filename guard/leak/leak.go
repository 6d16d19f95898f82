// Package leak looks for goroutines that tests leave behind. No part of the program
// imports it.
package leak

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines that are about to end may take on a busy machine.
const patience = time.Minute

// Main is for a package's TestMain: the tests fail if any goroutine is left at last.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if err := Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// Find says what is left of goroutines, those aside that the options excuse, once all
// had the time to end.
func Find(options ...goleak.Option) error { return find(patience, options...) }

func find(patience time.Duration, options ...goleak.Option) error {
	err := goleak.Find(options...)
	for late := time.Now().Add(patience); err != nil && time.Now().Before(late); {
		err = goleak.Find(options...) // it waits for a moment, too
	}
	return err
}
