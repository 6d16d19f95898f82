package host

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	"github.com/prometheus/client_golang/prometheus"
	gossh "golang.org/x/crypto/ssh"
)

// Host lets people in by ssh. All methods are safe for concurrent use.
type Host struct {
	cfg       Config
	listener  net.Listener
	server    *ssh.Server
	key       gossh.PublicKey
	metrics   *metrics
	admission *admission
	lines     *Lines

	census *census

	ctx     context.Context // of all logins; ends with Close
	cancel  context.CancelCauseFunc
	closing sync.Once

	waits waits // usualWaits, but for tests
}

// New opens the host's key, which it makes when there is none, and the address to
// listen on. Nobody is let in before Serve.
func New(cfg Config) (*Host, error) {
	if cfg.Whose == nil || cfg.Join == nil || cfg.Run == nil {
		return nil, errors.New("open ssh host: Whose, Join and Run are needed")
	}
	cfg.Limits = cfg.Limits.orDefaults()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	signer, err := Key(cfg.HostKey)
	if err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg, key: signer.PublicKey(), lines: NewLines(cfg.Codec, cfg.Log), census: newCensus(), waits: usualWaits()}
	h.metrics = newMetrics(h.lines.Stats)
	h.admission = newAdmission(cfg.Limits, h.metrics)
	h.ctx, h.cancel = context.WithCancelCause(context.Background())
	if h.server, err = wish.NewServer(h.options(signer)); err != nil {
		return nil, fmt.Errorf("open ssh host: %w", err)
	}
	if h.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("open ssh host: %w", err)
	}
	return h, nil
}

// options are all that wish is told. It forwards nothing unless it is asked to, and
// knows no channel but sessions and no subsystem but ours.
func (h *Host) options(signer ssh.Signer) ssh.Option {
	return func(s *ssh.Server) error {
		s.AddHostKey(signer)
		s.Version = "tring"
		s.HandshakeTimeout = h.cfg.Limits.Handshake
		s.ServerConfigCallback = func(ssh.Context) *gossh.ServerConfig { return algorithms() }
		s.PublicKeyHandler = func(_ ssh.Context, key ssh.PublicKey) bool { return acceptable(key) }
		s.ConnCallback = h.admit
		s.ConnectionFailedCallback = func(conn net.Conn, err error) {
			h.metrics.refused.WithLabelValues("handshake").Inc()
			h.cfg.Log.Debug("handshake failed", "address", conn.RemoteAddr(), "error", err)
		}
		s.ChannelHandlers = map[string]ssh.ChannelHandler{"session": h.enter}
		s.SubsystemHandlers = map[string]ssh.SubsystemHandler{
			soundSubsystem: h.subsystem(false), opusSubsystem: h.subsystem(true),
		}
		s.Handler = h.serve
		return nil
	}
}

// admit is asked for every connection, before its handshake.
func (h *Host) admit(ctx ssh.Context, conn net.Conn) net.Conn {
	c := h.newConnection(conn)
	if reason := h.admission.enter(c); reason != "" {
		h.metrics.refused.WithLabelValues(reason).Inc()
		h.cfg.Log.Debug("connection refused", "address", c.address, "reason", reason)
		_ = c.end(ErrGone)
		return nil
	}
	ctx.SetValue(connectionKey{}, c)
	return c
}

// Addr is where the host listens.
func (h *Host) Addr() net.Addr { return h.listener.Addr() }

// Fingerprint is the host key's: "SHA256:…".
func (h *Host) Fingerprint() string { return gossh.FingerprintSHA256(h.key) }

// Collector is the host's metrics: sessions, channels, refusals, drops, bytes, and what the sound
// channels carried.
func (h *Host) Collector() prometheus.Collector { return h.metrics }

// Serve lets people in until the context ends. Then nobody new comes in, everyone
// is told, logins without a call end, and calls may go on for Limits.Grace; Hurry
// and Close end that time. It returns when all logins are over, and is called once.
func (h *Host) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- h.server.Serve(h.listener) }()
	select {
	case err := <-failed:
		if h.ctx.Err() == nil {
			_ = h.Close() // what failed says more
			return fmt.Errorf("serve ssh: %w", err)
		}
	case <-h.ctx.Done():
	case <-ctx.Done():
		_ = h.listener.Close() // fails only if it is closed
		h.cfg.Log.Info("ssh host stops", "grace", h.cfg.Limits.Grace)
	}
	h.census.leave()
	grace := time.NewTimer(max(h.cfg.Limits.Grace, 0))
	defer grace.Stop()
	select {
	case <-h.census.over:
	case <-grace.C:
	case <-h.ctx.Done():
	}
	h.Hurry()
	select {
	case <-h.census.over:
	case <-time.After(h.waits.goodbye):
	}
	_ = h.Close() // as above
	select {
	case <-h.census.over:
		return nil
	case <-time.After(h.waits.closed):
		return errors.New("stop ssh host: some logins have not ended")
	}
}

// waits are how long the host has patience with what usually takes no time.
type waits struct {
	farewell time.Duration // for a screen to say why it ends
	goodbye  time.Duration // for a client to take the last that it is told
	gone     time.Duration // from the end of what a client types to that of its channel, if it is gone
	failed   time.Duration // for a phone in which something failed to hang up
	closed   time.Duration // for logins whose connections are closed to end
}

func usualWaits() waits {
	return waits{
		farewell: 2 * time.Second, goodbye: 2 * time.Second, gone: time.Second, failed: 10 * time.Second, closed: 5 * time.Second,
	}
}

// Hurry ends all logins: who is cut off hangs up, is told, and has his terminal put
// in order, for which there is a moment.
func (h *Host) Hurry() { h.cancel(ErrStopping) }

// Close ends everything at once.
func (h *Host) Close() error {
	h.closing.Do(func() {
		h.cancel(ErrStopping)
		for _, c := range h.admission.close() {
			_ = c.end(ErrStopping) // nothing is left to be done about it
		}
	})
	if err := h.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// letters names a login or a connection in logs.
func letters() string { return strings.ToLower(rand.Text()[:8]) }
