package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"tring/calls/server"
	"tring/config"
)

type serveFlags struct {
	listen, admin, data, turn string
	creds                     string
	nats                      []string
	noTURN, lines, proxy      bool
	cert, key, domain, level  string
	ssh                       string
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use: "serve", Short: "Run a server", Args: noArguments,
		Long: "Run a server, until Ctrl-C or SIGTERM.\n\n" +
			"Its settings are the file server.toml in its data folder: name, durations under\n" +
			"[timers] (ring, media, caller_gone, lease, media_lost, silence, reconnect), and under\n" +
			"[history] how long finished calls are kept (keep = \"8760h\"; without it, for ever).\n" +
			"Under [ssh] are those of --ssh; tring host --help explains them.\n\n" +
			"Off this machine it always speaks TLS: with the certificate that you name, with one by\n" +
			"ACME for --domain, behind a proxy, or else with its own, whose pin is in each invite.",
		Example: "  tring serve\n  tring serve --domain tring.example.org --listen :443\n  tring user add alice",
		RunE:    a.does(func(ctx context.Context, _ []string) error { return a.serve(ctx, f) }),
	}
	cmd.Flags().StringVar(&f.listen, "listen", ":7433", "TCP address for phones")
	cmd.Flags().StringVar(&f.admin, "admin", "127.0.0.1:7434", "loopback address of /healthz and /metrics, or off")
	cmd.Flags().StringVar(&f.data, "data", "", "folder of everything the server keeps")
	cmd.Flags().StringSliceVar(&f.nats, "nats", nil, "URLs of an outside NATS cluster, instead of the one inside")
	cmd.Flags().StringVar(&f.creds, "nats-creds", "", "credentials file for that cluster")
	cmd.Flags().StringVar(&f.turn, "turn", "", "UDP address of STUN and TURN (the one of --listen)")
	cmd.Flags().BoolVar(&f.noTURN, "no-turn", false, "offer no STUN and TURN")
	cmd.Flags().BoolVar(&f.lines, "lines", false, "offer the test lines: echo, callback, busy, noanswer")
	cmd.Flags().StringVar(&f.cert, "tls-cert", "", "certificate file, PEM")
	cmd.Flags().StringVar(&f.key, "tls-key", "", "key file of the certificate")
	cmd.Flags().StringVar(&f.domain, "domain", "", "get a certificate for this name by ACME")
	cmd.Flags().BoolVar(&f.proxy, "behind-proxy", false, "speak plain HTTP to a proxy that does TLS")
	cmd.Flags().StringVar(&f.ssh, "ssh", "", "TCP address for telephones by ssh; :22 where no other sshd has that")
	cmd.Flags().StringVar(&f.level, "log-level", "info", "debug, info, warn or error")
	return cmd
}

// config makes the server's of flags and settings, and the host's settings.
func (f serveFlags) config(a *app, logger *slog.Logger) (server.Config, config.Host, error) {
	if f.turn != "" && f.noTURN {
		return server.Config{}, config.Host{}, wrongUsage("--turn and --no-turn exclude each other")
	}
	if f.data == "" {
		f.data = config.Locate(a.getenv).Server()
	}
	if f.admin == "off" {
		f.admin = ""
	}
	if f.noTURN {
		f.turn = "off"
	}
	settings, err := config.LoadServer(filepath.Join(f.data, "server.toml"), a.getenv)
	if err != nil {
		return server.Config{}, config.Host{}, fmt.Errorf("read the server's settings: %w", err)
	}
	t := settings.Timers
	return server.Config{
		Listen: f.listen, Admin: f.admin, Data: f.data, NATS: f.nats, Creds: f.creds, Name: settings.Name, TURN: f.turn,
		KeepHistory: settings.KeepHistory,
		CertFile:    f.cert, KeyFile: f.key, Domain: f.domain, BehindProxy: f.proxy,
		Timers: server.Timers{
			Ring: t.Ring, Media: t.Media, CallerGone: t.CallerGone, Lease: t.Lease, MediaLost: t.MediaLost,
			Silence: t.Silence, Reconnect: t.Reconnect,
		},
		Log: logger, Version: a.version,
	}, settings.SSH, nil
}

// parts are what runs of a server, and what a host beside it needs.
type parts struct {
	data   string
	ssh    config.Host
	log    *slog.Logger
	served chan error
	stop   context.CancelFunc
}

func (a *app) serve(ctx context.Context, f serveFlags) error {
	logger, err := a.serverLog(f.level)
	if err != nil {
		return err
	}
	c, ssh, err := f.config(a, logger)
	if err != nil {
		return err
	}
	if err := c.Validate(); err != nil {
		return wrongUsage("%w", err)
	}
	srv, err := server.Open(ctx, c)
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	served := make(chan error, 1)
	// The server outlasts what it serves here: a host lets calls end first.
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() { served <- srv.Serve(serving) }()
	var lines *testLines
	if f.lines {
		if lines, err = startLines(serving, srv, filepath.Join(c.Data, "lines"), logger); err != nil {
			stop()
			return errors.Join(fmt.Errorf("start the test lines: %w", err), <-served)
		}
	}
	a.announce(srv, f, c)
	err = a.serveUntil(ctx, srv, f, parts{c.Data, ssh, logger, served, stop})
	stop()
	return errors.Join(err, lines.wait())
}

// serveUntil serves, and hosts telephones if that is wanted, until ctx ends or
// the server does. The server outlasts the host, which lets calls end first.
func (a *app) serveUntil(ctx context.Context, srv *server.Server, f serveFlags, p parts) error {
	end := func(err error) error {
		tell(p.log, daemon.SdNotifyStopping)
		p.stop()
		return errors.Join(err, <-p.served)
	}
	if f.ssh == "" {
		tell(p.log, daemon.SdNotifyReady)
		select {
		case err := <-p.served:
			return err
		case <-ctx.Done():
			return end(nil)
		}
	}
	x, h, err := a.hostBeside(ctx, srv, f.ssh, p)
	if err != nil {
		return end(err)
	}
	hosting, stop := context.WithCancel(ctx)
	defer stop()
	hosted := make(chan error, 1)
	go func() { hosted <- a.serveHost(hosting, x, h, p.log) }()
	select {
	case err := <-p.served:
		stop()
		return errors.Join(err, <-hosted)
	case err := <-hosted:
		return end(err)
	}
}

// announce says where the server is and what to do next.
func (a *app) announce(srv *server.Server, f serveFlags, c server.Config) {
	a.say("Serving on %s, data in %s.", srv.URL(), c.Data)
	if srv.AdminAddr() != nil {
		a.say("Health and metrics on http://%s/healthz and /metrics.", srv.AdminAddr())
	}
	in := ""
	if f.data != "" {
		in = " --data " + f.data
	}
	a.say("Add people with  tring user add NAME%s", in)
}

// tell tells systemd, if that started the program.
func tell(logger *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		logger.Warn("cannot tell systemd", "err", err)
	}
}
