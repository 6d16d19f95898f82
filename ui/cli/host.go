package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"charm.land/log/v2"
	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"tring/calls"
	"tring/calls/server"
	"tring/config"
	"tring/ui/host"
)

type hostFlags struct{ server, pin, listen, data, key, admin, level string }

func (a *app) hostCommand() *cobra.Command {
	var f hostFlags
	cmd := &cobra.Command{
		Use: "host", Short: "Run telephones for people who come by ssh", Args: noArguments,
		Long: "Run telephones for people who come by ssh, until Ctrl-C or SIGTERM. The server is\n" +
			"elsewhere; beside one, tring serve --ssh does the same.\n\n" +
			"The server lets the host sign in for people by its key, which its administrator has\n" +
			"to add once; the host says how. Settings are the table [ssh] of the file host.toml in\n" +
			"the data folder: connections (of one address), logins (of one key), startups (that\n" +
			"are nobody's yet), rate (new ones of an address, in a second), idle, grace (for calls,\n" +
			"when the host stops) and keep_call (when a client is gone without a word).",
		Example: "  tring host --server wss://tring.example.org --ssh :22",
		RunE:    a.does(func(ctx context.Context, _ []string) error { return a.runHost(ctx, f) }),
	}
	cmd.Flags().StringVar(&f.server, "server", "", "address of the server")
	cmd.Flags().StringVar(&f.pin, "pin", "", "pin of the server's own certificate, as in its invites")
	cmd.Flags().StringVar(&f.listen, "ssh", ":2222", "TCP address for ssh")
	cmd.Flags().StringVar(&f.data, "data", "", "folder of everything the host keeps")
	cmd.Flags().StringVar(&f.key, "key", "", "the host's key, to people and to the server (key, in the data folder)")
	cmd.Flags().StringVar(&f.admin, "admin", "", "loopback address of /healthz and /metrics")
	cmd.Flags().StringVar(&f.level, "log-level", "info", "debug, info, warn or error")
	return cmd
}

// serverLog is the log of a command that runs by itself.
func (a *app) serverLog(named string) (*slog.Logger, error) {
	level, err := log.ParseLevel(named)
	if err != nil {
		return nil, wrongUsage("--log-level %s is none; write debug, info, warn or error", named)
	}
	return slog.New(thriftyLog{Handler: log.NewWithOptions(a.err, log.Options{ReportTimestamp: true, Level: level})}), nil
}

func (a *app) runHost(ctx context.Context, f hostFlags) (err error) {
	logger, err := a.serverLog(f.level)
	switch {
	case err != nil:
		return err
	case f.server == "":
		return wrongUsage("--server is missing: the address of a telephone server")
	}
	defer a.collectEarly()()
	if f.data == "" {
		f.data = config.Locate(a.getenv).Host()
	}
	if f.key == "" {
		f.key = filepath.Join(f.data, "key")
	}
	settings, err := config.LoadHost(filepath.Join(f.data, "host.toml"), a.getenv)
	if err != nil {
		return fmt.Errorf("read the host's settings: %w", err)
	}
	signer, err := host.Key(f.key)
	if err != nil {
		return err
	}
	x, err := a.openExchange(Account{URL: f.server, Pin: f.pin, Signer: signer}, f.data, logger)
	if err != nil {
		return err
	}
	h, err := x.host(f.listen, f.key, settings)
	if err != nil {
		return err
	}
	watched, err := watchHost(f.admin, h, a.version)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	defer func() { err = errors.Join(err, watched.Close()) }()
	a.say("Data in %s.", f.data)
	if watched != nil {
		a.say("Health and metrics on http://%s/healthz and /metrics.", watched.Addr)
	}
	return a.serveHost(ctx, x, h, logger)
}

// serveHost lets people in, once the server has let the host in, until ctx ends.
// The connection to the server outlasts the last call.
func (a *app) serveHost(ctx context.Context, x *exchange, h *host.Host, logger *slog.Logger) error {
	asking, enough := context.WithCancel(context.WithoutCancel(ctx))
	defer enough()
	asked := make(chan error, 1)
	go func() { asked <- x.run(asking) }()
	select {
	case err := <-x.linked:
		if err != nil {
			enough()
			return errors.Join(a.notLetIn(x, err), h.Close(), drop(<-asked))
		}
	case <-ctx.Done():
		enough()
		return errors.Join(h.Close(), <-asked)
	}
	a.announceHost(h)
	tell(logger, daemon.SdNotifyReady)
	serving, stop := context.WithCancel(ctx)
	defer stop()
	defer hurry(ctx, h)()
	served := make(chan error, 1)
	go func() { served <- h.Serve(serving) }()
	select {
	case err := <-served:
		tell(logger, daemon.SdNotifyStopping)
		enough()
		return errors.Join(err, <-asked)
	case err := <-asked: // for good: nobody can be let in any more
		stop()
		return errors.Join(a.notLetIn(x, err), <-served)
	}
}

// twice is how long after the first signal another counts as the same.
const twice = time.Second

// hurry lets a second signal end the calls that a host which stops lets go on: the
// system would end the program, and leave everybody's terminal as the screen had
// it. With a third the system does.
func hurry(ctx context.Context, h *host.Host) (over func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
		defer signal.Stop(asked)
		for began := time.Now(); ; {
			select {
			case <-asked:
				if time.Since(began) >= twice {
					h.Hurry()
					return
				}
			case <-done:
				return
			}
		}
	})
	return func() { stop(); close(done) }
}

// drop is for an error that was told in other words.
func drop(error) error { return nil }

// announceHost says where the host is, and how people know that it is the one.
func (a *app) announceHost(h *host.Host) {
	a.say("Telephones by ssh on %s, host key %s.", h.Addr(), h.Fingerprint())
}

// notLetIn explains a server that did not take the host; what was said so is said once.
func (a *app) notLetIn(x *exchange, err error) error {
	if !errors.Is(err, calls.ErrSignIn) && !errors.Is(err, calls.ErrRemoved) {
		return err
	}
	a.say("The server does not know this host. Its administrator adds it there, with this line in a file:\n\n"+
		"  %s\n\n  tring user add NAME --host --key FILE", authorized(x.account.Signer.PublicKey()))
	return &exitError{code: exitFailure}
}

// watching serves what tells how a host does.
type watching struct {
	*http.Server
	served chan error
}

// watchHost begins to tell; nothing without an address.
func watchHost(address string, h *host.Host, version string) (*watching, error) {
	if address == "" || address == "off" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open --admin: %w", err)
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(wrongUsage("--admin %s is not of this machine alone; write 127.0.0.1:PORT", address), listener.Close())
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(h.Collector(), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok " + version + "\n")) // the asker is gone if this fails
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	w := &watching{&http.Server{Addr: listener.Addr().String(), Handler: mux, ReadHeaderTimeout: 5 * time.Second}, make(chan error, 1)}
	go func() { w.served <- w.Serve(listener) }()
	return w, nil
}

// Close ends it; a nil one needs none.
func (w *watching) Close() error {
	if w == nil {
		return nil
	}
	err := w.Server.Close()
	if served := <-w.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// hostBeside opens telephones by ssh beside a server of this process. They sign
// in over loopback, as those of a host elsewhere do.
func (a *app) hostBeside(ctx context.Context, srv *server.Server, listen string, p parts) (*exchange, *host.Host, error) {
	folder := filepath.Join(p.data, "ssh")
	key := filepath.Join(folder, "key")
	signer, err := host.Key(key)
	if err != nil {
		return nil, nil, err
	}
	if err := srv.EnrolHost(ctx, signer.PublicKey()); err != nil {
		return nil, nil, err
	}
	x, err := a.openExchange(Account{URL: localURL(srv), Pin: srv.Pin(), Signer: signer}, folder, p.log)
	if err != nil {
		return nil, nil, err
	}
	h, err := x.host(listen, key, p.ssh)
	if err != nil {
		return nil, nil, err
	}
	return x, h, srv.Register(h.Collector())
}
