package server

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Server is one gateway. Its methods are safe for concurrent use.
type Server struct {
	cfg    Config
	timers Timers
	limits Limits
	log    *slog.Logger

	store    *store
	accounts *accounts
	history  *history
	hub      *hub
	others   *others
	presence *presence
	gateway  *gateway
	metrics  *metrics
	finisher *finisher
	reports  *reports
	floods   *floods
	tokens   tokens
	buffers  buffers
	turn     *relayer // nil: switched off
	security security

	lock     *os.File
	made     []string     // by the opening, the last first; removed if that fails
	listener net.Listener // for phones
	socket   net.Listener // of the admin
	health   net.Listener // nil: none

	ctx    context.Context //nolint:containedctx // the life of the server's own goroutines
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	stops  []func()
	closed sync.Once

	stopping sync.Mutex // so that no task begins once they are waited for
}

// Open takes the data folder, opens the store, reads its state, and listens.
// Every input that cannot be is one plain error. ctx bounds the opening only;
// Serve or Close must follow.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Name = cmp.Or(cfg.Name, "tring")
	s := &Server{cfg: cfg, timers: cfg.Timers.withDefaults(), limits: cfg.Limits.withDefaults(), log: cfg.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.metrics, s.floods, s.history = newMetrics(), newFloods(s.limits), newHistory()
	s.gateway, s.finisher, s.reports = newGateway(s), newFinisher(s), newReports(s)
	for _, step := range []func(context.Context) error{s.openData, s.openListeners, s.openState, s.openTURN} {
		if err := step(ctx); err != nil {
			s.Close()
			return nil, err
		}
	}
	s.made = nil
	return s, nil
}

func (s *Server) openData(context.Context) (err error) {
	missing := missing(s.cfg.Data)
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w; choose a folder that you may write", err)
	}
	s.lock, err = lockData(s.cfg.Data)
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%w; choose a folder that you may write", err)
	}
	if err == nil { // else it is another server's
		s.made = missing
	}
	return err
}

// missing is what an opening would make in a data folder, the last first.
func missing(data string) (list []string) {
	for _, name := range []string{"jetstream", journalFile, certificateFile, "lock", ""} {
		path := filepath.Join(data, name)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			list = append(list, path)
		}
	}
	return list
}

func (s *Server) openListeners(context.Context) (err error) {
	host, _, err := net.SplitHostPort(s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", s.cfg.Listen, err)
	}
	if s.security, err = secure(s.cfg, isLoopback(host)); err != nil {
		return err
	}
	if s.listener, err = listenTCP(s.cfg.Listen); err != nil {
		return err
	}
	if s.cfg.Admin != "" {
		if s.health, err = listenTCP(s.cfg.Admin); err != nil {
			return err
		}
	}
	s.socket, err = listenAdmin(s.cfg.Data)
	return err
}

func listenTCP(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen on %s: the port is taken; stop what uses it, or choose another address", address)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// openState reads what the store keeps, in the order in which it is needed:
// history before calls, so that a call that a crash left unfinished is seen to
// be recorded already.
func (s *Server) openState(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, max(time.Minute, s.timers.Store))
	defer cancel()
	if s.store, err = openStore(ctx, s.cfg, s.log); err != nil {
		return err
	}
	s.accounts = newAccounts(s.store.users)
	s.others, s.hub, s.presence = newOthers(s), newHub(s), newPresence(s)
	s.accounts.changed = s.accountChanged
	if s.tokens.secret, err = s.store.secret(ctx, "token"); err != nil {
		return err
	}
	stop, err := s.history.follow(ctx, s.store)
	if err != nil {
		return err
	}
	s.stops = append(s.stops, stop)
	users, err := s.store.users.WatchAll(s.ctx)
	if err != nil {
		return fmt.Errorf("watch users: %w", err)
	}
	readUsers, readCalls := make(chan struct{}), make(chan struct{})
	s.aside(func(ctx context.Context) { s.accounts.watch(ctx, users.Updates(), readUsers) })
	if err := s.readCalls(readCalls); err != nil {
		return err
	}
	s.aside(s.watchStore)
	s.aside(s.presence.run)
	s.aside(s.finisher.run)
	s.aside(func(ctx context.Context) { s.history.forgetOld(ctx, s.cfg.KeepHistory) })
	for _, ready := range []chan struct{}{readUsers, readCalls} {
		select {
		case <-ready:
		case <-ctx.Done():
			return fmt.Errorf("read the store: %w", context.Cause(ctx))
		}
	}
	s.aside(s.others.run) // not before: what it hears is news
	return s.reclaim(ctx)
}

func (s *Server) openTURN(ctx context.Context) error {
	if s.cfg.TURN == "off" {
		return nil
	}
	secret, err := s.store.secret(ctx, "turn")
	if err != nil {
		return err
	}
	tcp := s.listener.Addr().(*net.TCPAddr) //nolint:forcetypeassert // a TCP listener has a TCP address
	s.turn, err = startTURN(s.cfg, tcp, secret)
	return err
}

// aside runs f in a goroutine that ends before Serve returns. After the stop has
// begun it runs nothing.
func (s *Server) aside(f func(context.Context)) {
	s.stopping.Lock()
	defer s.stopping.Unlock()
	if s.ctx.Err() == nil {
		s.tasks.Go(func() { f(s.ctx) })
	}
}

// Serve serves until ctx ends, and then stops within 5 s: phones are told to
// come back, live calls stay as they are. It returns nil after a clean stop.
func (s *Server) Serve(ctx context.Context) error {
	defer s.Close()
	errs := make(chan error, 3)
	servers := []*http.Server{s.start(s.listener, s.gateway.handler(), errs), s.start(s.socket, adminHandler(s.Admin(), s.URL()), errs)}
	if s.health != nil {
		servers = append(servers, s.start(s.health, s.healthHandler(), errs))
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-errs:
	}
	for _, h := range servers {
		h.Close()
	}
	return err
}

func (s *Server) start(l net.Listener, h http.Handler, errs chan<- error) *http.Server {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: s.timers.SignIn, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.tasks.Go(func() {
		var err error
		if l == s.listener && s.security.tls != nil {
			srv.TLSConfig = s.security.tls
			err = srv.ServeTLS(l, "", "")
		} else {
			err = srv.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			errs <- fmt.Errorf("serve %s: %w", l.Addr(), err)
		}
	})
	return srv
}

// Close stops the server, as the end of Serve's ctx does. It is for a server
// that was opened and never served; calling it again does nothing.
func (s *Server) Close() {
	s.closed.Do(func() {
		s.gateway.closeAll(s.timers.Stop)
		if s.hub != nil {
			s.hub.stopTimers()
		}
		s.stopping.Lock()
		s.cancel()
		s.stopping.Unlock()
		for _, l := range []net.Listener{s.listener, s.socket, s.health} {
			if l != nil {
				l.Close()
			}
		}
		s.tasks.Wait()
		for _, stop := range s.stops {
			stop()
		}
		if s.turn != nil {
			s.turn.close(s.log)
		}
		if s.store != nil {
			s.store.close()
		}
		unmake(s.cfg.Data, s.made, s.log)
		if s.lock != nil {
			s.lock.Close()
		}
	})
}

// unmake leaves a data folder as an opening that failed has found it. What cannot
// be removed does no harm: the next start finds an empty store.
func unmake(data string, made []string, log *slog.Logger) {
	for _, path := range made {
		remove := os.RemoveAll
		if path == filepath.Clean(data) {
			remove = os.Remove // the server's own things only
		}
		if err := remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Warn("clean up after a failed start", "err", err)
		}
	}
}

// Addr is where phones connect.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// AdminAddr is where /healthz and /metrics are; nil if nowhere.
func (s *Server) AdminAddr() net.Addr {
	if s.health == nil {
		return nil
	}
	return s.health.Addr()
}

// Pin is the pin of the server's own certificate, base64url of the SHA-256 of
// its SubjectPublicKeyInfo; "" where an authority vouches for it, or without
// TLS.
func (s *Server) Pin() string { return s.security.pin }

// URL is where phones connect, for a person to type. A server that listens
// everywhere names the address from which this machine reaches the world.
func (s *Server) URL() string {
	scheme := "wss://"
	if s.security.tls == nil {
		scheme = "ws://"
	}
	host, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		return scheme + s.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = outward("udp4").String()
	}
	if s.cfg.Domain != "" {
		host = s.cfg.Domain
	}
	return scheme + net.JoinHostPort(host, port)
}

func randomID() string { return hex.EncodeToString(randomBytes(8)) }
