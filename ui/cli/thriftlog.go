package cli

import (
	"context"
	"log/slog"
	"slices"
)

// thriftyLog keeps the attributes of its loggers by itself: the handler beneath
// would copy all its styles, 10 KiB, for each of them, and a login has two. It is as
// safe for concurrent use as that one.
type thriftyLog struct {
	slog.Handler
	attrs []slog.Attr
}

// WithAttrs implements slog.Handler.
func (l thriftyLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return thriftyLog{l.Handler, slices.Concat(l.attrs, attrs)}
}

// WithGroup implements slog.Handler.
func (l thriftyLog) WithGroup(name string) slog.Handler {
	return l.Handler.WithAttrs(l.attrs).WithGroup(name)
}

// Handle implements slog.Handler.
func (l thriftyLog) Handle(ctx context.Context, r slog.Record) error {
	whole := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	whole.AddAttrs(l.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		whole.AddAttrs(a)
		return true
	})
	return l.Handler.Handle(ctx, whole)
}
