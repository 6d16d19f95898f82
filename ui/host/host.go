package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"charm.land/ssh"
	"charm.land/wish/v2"
	"github.com/prometheus/client_golang/prometheus"
	gossh "golang.org/x/crypto/ssh"
)

// Host lets people in by ssh. All methods are safe for concurrent use.
type Host struct {
	cfg      Config
	listener net.Listener
	server   *ssh.Server
	key      gossh.PublicKey
	metrics  *metrics
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
	signer, err := hostKey(cfg.HostKey)
	if err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg, key: signer.PublicKey(), metrics: newMetrics()}
	if h.server, err = wish.NewServer(func(s *ssh.Server) error {
		s.AddHostKey(signer)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("open ssh host: %w", err)
	}
	if h.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("open ssh host: %w", err)
	}
	return h, nil
}

// Addr is where the host listens.
func (h *Host) Addr() net.Addr { return h.listener.Addr() }

// Fingerprint is the host key's: "SHA256:…".
func (h *Host) Fingerprint() string { return gossh.FingerprintSHA256(h.key) }

// Collector is the host's metrics: sessions, channels, refusals, drops, bytes.
func (h *Host) Collector() prometheus.Collector { return h.metrics }

// Serve lets people in until the context ends; then everyone is told, logins
// without a call end, and calls may go on for Limits.Grace. It is called once.
func (h *Host) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = h.Close() })
	defer stop()
	if err := h.server.Serve(h.listener); !errors.Is(err, ssh.ErrServerClosed) {
		return fmt.Errorf("serve ssh: %w", err)
	}
	return nil
}

// Close ends everything at once.
func (h *Host) Close() error {
	return errors.Join(h.server.Close(), h.listener.Close())
}
