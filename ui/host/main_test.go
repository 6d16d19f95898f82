package host

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain: whatever clients did, no goroutine is left once their hosts are closed
// and those that end then have had the time to.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		left := goleak.Find()
		for late := time.Now().Add(patience); left != nil && time.Now().Before(late); {
			left = goleak.Find() // it waits for a moment, too
		}
		if left != nil {
			fmt.Fprintln(os.Stderr, left)
			code = 1
		}
	}
	os.Exit(code)
}
