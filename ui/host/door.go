package host

import (
	"strings"
	"sync/atomic"
	"time"

	"charm.land/ssh"
	"github.com/prometheus/client_golang/prometheus"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/time/rate"
)

// door stands before one session channel: of what a client asks for, it passes on
// what a telephone needs and refuses the rest, in bounds. Its requests are read by
// one goroutine; the other fields are fixed, or channels.
type door struct {
	conn    *connection
	passed  chan *gossh.Request
	shut    chan struct{} // closed when the client closed the channel
	resized chan Size
	limit   *rate.Limiter
	refused prometheus.Counter
	dropped prometheus.Counter

	pty   atomic.Bool
	first atomic.Pointer[Size]
	env   int
	asked *time.Timer // ends a connection with a channel on which nothing is asked for
}

// Bounds of what a client may say before its command, and of the command.
const (
	maxCommand = 4 << 10
	maxPTY     = 4 << 10
	maxEnv     = 32
)

// The subsystems (ssh -s) are sound without a command: raw, and as Opus.
const (
	soundSubsystem = "audio"
	opusSubsystem  = "audio-opus"
)

// doorKey and connectionKey are of what a context holds.
type (
	doorKey       struct{}
	connectionKey struct{}
)

// doorContext is the connection's context as one channel sees it.
type doorContext struct {
	ssh.Context
	door *door
}

func (c doorContext) Value(key any) any {
	if key == (doorKey{}) {
		return c.door
	}
	return c.Context.Value(key)
}

// entered is a channel that was accepted, with the requests that a door passes.
type entered struct {
	gossh.NewChannel
	channel gossh.Channel
	passed  <-chan *gossh.Request
}

func (e entered) Accept() (gossh.Channel, <-chan *gossh.Request, error) {
	return e.channel, e.passed, nil
}

// enter serves one session channel until its client closes it.
func (h *Host) enter(srv *ssh.Server, conn *gossh.ServerConn, asked gossh.NewChannel, ctx ssh.Context) {
	c, ok := ctx.Value(connectionKey{}).(*connection)
	if !ok || !c.open() {
		h.metrics.refused.WithLabelValues("channels").Inc()
		_ = asked.Reject(gossh.ResourceShortage, "too many channels on this connection")
		return
	}
	defer c.shut()
	channel, requests, err := asked.Accept()
	if err != nil {
		return // the client is gone
	}
	c.keep.Do(func() { c.guard.Go(func() { c.keepalive(conn) }) })
	d := &door{
		conn: c, passed: make(chan *gossh.Request), shut: make(chan struct{}), resized: make(chan Size, 1),
		limit:   rate.NewLimiter(rate.Limit(h.cfg.Limits.Requests), 2*h.cfg.Limits.Requests),
		refused: h.metrics.refused.WithLabelValues("request"),
		dropped: h.metrics.resizes,
		asked:   c.guard.After(h.cfg.Limits.Handshake, func() { _ = c.end(ErrIdle) }),
	}
	defer d.asked.Stop()
	c.guard.Go(func() { d.stand(requests) })
	ssh.DefaultSessionHandler(srv, conn, entered{asked, channel, d.passed}, doorContext{ctx, d})
}

// stand passes requests on until the client closes the channel.
func (d *door) stand(requests <-chan *gossh.Request) {
	defer close(d.passed)
	defer close(d.shut)
	for r := range requests {
		switch {
		case r.Type == "window-change":
			d.resize(r.Payload) // wants no reply (RFC 4254 §6.7)
		case d.limit.Allow() && d.allows(r):
			d.passed <- r
		default:
			d.refused.Inc()
			_ = r.Reply(false, nil)
		}
	}
}

// allows tells whether a request is one that a telephone needs. What is not here,
// such as agents, X11, signals and breaks, is refused.
func (d *door) allows(r *gossh.Request) bool {
	switch r.Type {
	case "shell", "exec", "subsystem":
		return d.allowsCommand(r) && d.asked.Stop()
	case "env":
		var v struct{ Name, Value string }
		if d.env++; d.env > maxEnv || gossh.Unmarshal(r.Payload, &v) != nil {
			return false
		}
		return mayPass(v.Name) && cleanVariable(v.Name, v.Value) != ""
	case "pty-req":
		return d.allowsPTY(r.Payload)
	}
	return false
}

// allowsCommand is for what a channel is asked for, once.
func (d *door) allowsCommand(r *gossh.Request) bool {
	if r.Type != "subsystem" {
		return len(r.Payload) <= maxCommand
	}
	var name struct{ Name string }
	known := gossh.Unmarshal(r.Payload, &name) == nil
	return known && (name.Name == soundSubsystem || name.Name == opusSubsystem)
}

func (d *door) allowsPTY(payload []byte) bool {
	var p struct {
		Term                          string
		Width, Height, PixelW, PixelH uint32
		Modes                         string
	}
	if d.pty.Load() || len(payload) > maxPTY || gossh.Unmarshal(payload, &p) != nil {
		return false
	}
	size := clamp(p.Width, p.Height)
	d.first.Store(&size)
	d.pty.Store(true)
	return true
}

// resize keeps the newest size only: a storm costs nobody more than one.
func (d *door) resize(payload []byte) {
	var w struct{ Width, Height, PixelW, PixelH uint32 }
	if !d.pty.Load() || gossh.Unmarshal(payload, &w) != nil {
		return
	}
	select {
	case <-d.resized:
		d.dropped.Inc()
	default:
	}
	d.resized <- clamp(w.Width, w.Height) // it has room, and this is its only writer
}

// terminal is what the client said of its terminal; nil without one.
func (d *door) terminal() *Terminal {
	if !d.pty.Load() {
		return nil
	}
	return &Terminal{Size: *d.first.Load(), Resized: d.resized}
}

// Sizes outside of these bounds are somebody's joke, or his bug. Zero is "not
// known" (RFC 4254 §6.2).
const (
	usualWidth, usualHeight = 80, 24
	maxWidth, maxHeight     = 500, 200
)

func clamp(width, height uint32) Size {
	size := Size{usualWidth, usualHeight}
	if width > 0 {
		size.Width = int(min(width, maxWidth))
	}
	if height > 0 {
		size.Height = int(min(height, maxHeight))
	}
	return size
}

// mayPass tells whether a client may say a variable.
func mayPass(name string) bool {
	switch name {
	case "LANG", "COLORTERM", "NO_COLOR", "ACCESSIBLE", "TZ":
		return true
	}
	category, is := strings.CutPrefix(name, "LC_")
	return is && len(category) <= 20 && strings.Trim(category, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == ""
}

// maxValue is longer than any name of a terminal or a language.
const maxValue = 64

// cleanValue is a variable's value if it is one that such variables have: letters,
// digits and a few signs. Anything else is as good as none.
func cleanValue(v string) string {
	const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:@+"
	if len(v) > maxValue || strings.Trim(v, signs) != "" {
		return ""
	}
	return v
}

// cleanVariable is cleanValue for a variable of this name. A time zone is a name of
// the IANA's such as Europe/Berlin: what it becomes is a file's, so nothing in it
// may lead elsewhere.
func cleanVariable(name, v string) string {
	if name != "TZ" {
		return cleanValue(v)
	}
	for _, part := range strings.Split(v, "/") {
		if part == "" || strings.ContainsAny(part, ".:@") || cleanValue(part) == "" || len(v) > maxValue {
			return ""
		}
	}
	return v
}

// environment is what Login.Getenv knows. A terminal whose name no terminal has is
// "dumb".
func environment(term string, pty bool, said []string) func(string) string {
	known := map[string]string{}
	for _, v := range said {
		if name, value, ok := strings.Cut(v, "="); ok && mayPass(name) {
			known[name] = cleanVariable(name, value)
		}
	}
	if pty {
		if known["TERM"] = cleanValue(term); known["TERM"] == "" {
			known["TERM"] = "dumb"
		}
	}
	return func(name string) string { return known[name] }
}
