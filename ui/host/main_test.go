package host

import (
	"testing"

	"tring/guard/leak"
)

// TestMain: whatever clients did, no goroutine is left once their hosts are closed.
func TestMain(m *testing.M) { leak.Main(m) }
