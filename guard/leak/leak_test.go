package leak

import (
	"strings"
	"testing"
	"time"
)

func stays(end <-chan struct{}) { <-end }

// What stays is found and named; what ends in time is not.
func TestFind(t *testing.T) {
	end := make(chan struct{})
	go stays(end)
	if err := find(0); err == nil || !strings.Contains(err.Error(), "stays") {
		t.Errorf("a goroutine is left: %v", err)
	}
	over := time.AfterFunc(700*time.Millisecond, func() { close(end) }) // later than one look of goleak's
	defer over.Stop()
	if err := Find(); err != nil {
		t.Errorf("it ends: %v", err)
	}
}
