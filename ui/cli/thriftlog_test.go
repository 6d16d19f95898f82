package cli

import (
	"bytes"
	"log/slog"
	"testing"

	"charm.land/log/v2"
)

// The lines are those of the handler beneath.
func TestThriftyLog(t *testing.T) {
	for name, write := range map[string]func(*slog.Logger){
		"no attributes":    func(l *slog.Logger) { l.Info("served") },
		"its own":          func(l *slog.Logger) { l.Warn("late", "by", 3, "user", "ann") },
		"those of a login": func(l *slog.Logger) { l.With("session", "abc").With("user", "ann").Info("ended", "code", 2) },
		"two of one": func(l *slog.Logger) {
			m := l.With("session", "abc")
			m.With("a", 1).Info("x")
			m.With("b", 2).Info("y")
		},
		"a group":   func(l *slog.Logger) { l.With("session", "abc").WithGroup("call").Error("lost", "id", "01") },
		"too quiet": func(l *slog.Logger) { l.With("session", "abc").Debug("nobody asked") },
	} {
		t.Run(name, func(t *testing.T) {
			var plain, thrifty bytes.Buffer
			write(slog.New(log.NewWithOptions(&plain, log.Options{})))
			write(slog.New(thriftyLog{Handler: log.NewWithOptions(&thrifty, log.Options{})}))
			if plain.String() != thrifty.String() {
				t.Errorf("got %q, want %q", thrifty.String(), plain.String())
			}
		})
	}
}
