package host

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// TestMetrics: they are well-formed, and docs/operations.md names each.
func TestMetrics(t *testing.T) {
	s := open(t, nil)
	w := s.start(s.dial(s.person("alice")), "call")
	s.until("the call is counted", func() bool { return s.metric("calls", "") == 1 })
	for name, value := range map[string]string{"connections": "", "channels": "login", "logins_total": "command"} {
		if n := s.metric(name, value); n != 1 {
			t.Errorf("tring_ssh_%s %s is %v", name, value, n)
		}
	}
	_, _ = io.WriteString(w.in, "q")
	s.end(w)
	s.until("the end is counted", func() bool {
		return s.metric("calls", "") == 0 && s.metric("channels", "login") == 0 && s.metric("ended_total", "done") == 1
	})
	if s.metric("bytes_total", "in") == 0 || s.metric("bytes_total", "out") == 0 {
		t.Error("no bytes")
	}

	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(s.host.Collector())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	for _, f := range families {
		name := f.GetName()
		short := "…" + strings.TrimPrefix(name, "tring_ssh_sound")
		if !strings.Contains(string(page), "`"+name) && !strings.Contains(string(page), short) {
			t.Errorf("docs/operations.md says nothing of %s", name)
		}
	}
}

// TestLogs: no content is in them.
func TestLogs(t *testing.T) {
	s := open(t, nil)
	w := s.start(s.dial(s.person("alice")), "wait secret-word")
	_, _ = io.WriteString(w.in, "Zq")
	s.end(w)
	for _, secret := range []string{"secret-word", "typed"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log tells %q:\n%s", secret, s.log)
		}
	}
}
