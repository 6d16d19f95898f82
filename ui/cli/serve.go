package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"charm.land/log/v2"
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
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use: "serve", Short: "Run a server", Args: noArguments,
		Long: "Run a server, until Ctrl-C or SIGTERM.\n\n" +
			"Its settings are the file server.toml in its data folder: name, durations under\n" +
			"[timers] (ring, media, caller_gone, lease, media_lost, silence, reconnect), and under\n" +
			"[history] how long finished calls are kept (keep = \"8760h\"; without it, for ever).\n\n" +
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
	cmd.Flags().StringVar(&f.level, "log-level", "info", "debug, info, warn or error")
	return cmd
}

// config makes the server's of flags and settings.
func (f serveFlags) config(a *app, logger *slog.Logger) (server.Config, error) {
	if f.turn != "" && f.noTURN {
		return server.Config{}, wrongUsage("--turn and --no-turn exclude each other")
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
		return server.Config{}, fmt.Errorf("read the server's settings: %w", err)
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
	}, nil
}

func (a *app) serve(ctx context.Context, f serveFlags) error {
	level, err := log.ParseLevel(f.level)
	if err != nil {
		return wrongUsage("--log-level %s is none; write debug, info, warn or error", f.level)
	}
	logger := slog.New(log.NewWithOptions(a.err, log.Options{ReportTimestamp: true, Level: level}))
	c, err := f.config(a, logger)
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
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { served <- srv.Serve(ctx) }()
	var lines *testLines
	if f.lines {
		if lines, err = startLines(ctx, srv, filepath.Join(c.Data, "lines"), logger); err != nil {
			stop()
			return errors.Join(fmt.Errorf("start the test lines: %w", err), <-served)
		}
	}
	a.announce(srv, f, c)
	tell(logger, daemon.SdNotifyReady)
	err = <-served
	tell(logger, daemon.SdNotifyStopping)
	stop()
	return errors.Join(err, lines.wait())
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
