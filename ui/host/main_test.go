package host

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain: whatever clients did, no goroutine is left once their hosts are closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
