package cli

import "testing"

func TestWhoGetsPlainLines(t *testing.T) {
	tests := []struct {
		name, term, accessible, system string
		plain                          bool
	}{
		{"a usual terminal", "xterm-256color", "", "linux", false},
		{"a dumb one", "dumb", "", "linux", true},
		{"one without a name", "", "", "linux", true},
		{"Windows names none", "", "", "windows", false},
		{"ACCESSIBLE=1", "xterm", "1", "linux", true},
		{"ACCESSIBLE=yes", "xterm", "yes", "linux", true},
		{"ACCESSIBLE=0", "xterm", "0", "linux", false},
		{"ACCESSIBLE=False", "xterm", "False", "linux", false},
	}
	for _, tt := range tests {
		env := map[string]string{"TERM": tt.term, "ACCESSIBLE": tt.accessible}
		if got := asksForPlain(func(k string) string { return env[k] }, tt.system); got != tt.plain {
			t.Errorf("%s: plain is %t", tt.name, got)
		}
	}
}
