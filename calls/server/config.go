package server

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"tring/calls"
)

// Config says how a server runs. The zero value of every field but Listen and
// Data has a meaning.
type Config struct {
	Listen string   // TCP address for phones, such as ":7433"
	Admin  string   // loopback address of /healthz and /metrics; "" is none
	Data   string   // folder of everything the server keeps
	NATS   []string // an outside cluster; none runs JetStream in this process
	Creds  string   // credentials file for that cluster; "" is none
	Name   string   // for people; "" is "tring"
	TURN   string   // UDP address; "" is that of Listen, "off" is none

	CertFile, KeyFile string // TLS from files
	Domain            string // TLS by ACME
	BehindProxy       bool   // plain HTTP: something in front speaks TLS

	// KeepHistory is how long finished calls are kept; zero is for ever.
	KeepHistory time.Duration

	Timers  Timers
	Limits  Limits
	Log     *slog.Logger // nil discards
	Version string
}

// Timers are the durations of the service (zero takes the default).
type Timers struct {
	Ring       time.Duration // how long a call rings unless the caller says so
	Media      time.Duration // both ends report media connected after the accept
	CallerGone time.Duration // the caller's device is away while it rings
	Lease      time.Duration // a joined device gives no sign
	MediaLost  time.Duration // connection closed and the peer hears nothing
	Silence    time.Duration // a connection without a frame or ping is dead
	SignIn     time.Duration // from the connect to the welcome
	Reconnect  time.Duration // after a start of the server: phones may still be coming back
	Gateway    time.Duration // another gateway gives no sign: its phones are away
	Store      time.Duration // the writes of one act; zero is 10 s, or 4 s with the store in this process
	Probe      time.Duration // the store takes a write: else it is not healthy
	Stop       time.Duration // phones have to take the goodbye
}

func (t Timers) withDefaults() Timers {
	t.Ring = cmp.Or(t.Ring, calls.DefaultRingTime)
	t.Media = cmp.Or(t.Media, 20*time.Second)
	t.CallerGone = cmp.Or(t.CallerGone, 10*time.Second)
	t.Lease = cmp.Or(t.Lease, 90*time.Second)
	t.MediaLost = cmp.Or(t.MediaLost, 5*time.Second)
	t.Silence = cmp.Or(t.Silence, 25*time.Second)
	t.SignIn = cmp.Or(t.SignIn, 5*time.Second)
	t.Reconnect = cmp.Or(t.Reconnect, 15*time.Second)
	t.Gateway = cmp.Or(t.Gateway, 10*time.Second)
	t.Store = cmp.Or(t.Store, storeBudget)
	t.Probe = cmp.Or(t.Probe, 2*time.Second)
	t.Stop = cmp.Or(t.Stop, 2*time.Second)
	return t
}

// Limits bound what one phone or address may ask for (zero takes the default).
// The rates are token buckets: so many a second, and a burst.
type Limits struct {
	Requests, RequestBurst   int // frames of one phone
	Initiates, InitiateBurst int // calls placed by one user, calls to one user
	SignIns, SignInBurst     int // connections of one address
	Connections              int // open at once from one address
}

func (l Limits) withDefaults() Limits {
	l.Requests, l.RequestBurst = cmp.Or(l.Requests, 50), cmp.Or(l.RequestBurst, 400)
	l.Initiates, l.InitiateBurst = cmp.Or(l.Initiates, 1), cmp.Or(l.InitiateBurst, 30)
	l.SignIns, l.SignInBurst = cmp.Or(l.SignIns, 20), cmp.Or(l.SignInBurst, 200)
	l.Connections = cmp.Or(l.Connections, 256)
	return l
}

// Fixed limits of the service.
const (
	maxDevices     = 8   // online phones of one user
	maxPhones      = 64  // phones of one user that are remembered
	maxContacts    = 200 // in a snapshot; a server of no more users shows everybody
	filledContacts = 50  // of a larger server that every snapshot holds
	groupParties   = 8
	rememberEvery  = 10 * time.Minute // how old the memory of a phone that signs in may be
	renewEvery     = 10 * time.Second
	storeBudget    = 10 * time.Second     // for one act's writes, over a change of the leader
	ownBudget      = 4 * time.Second      // the same, with the store in this process
	listEvery      = 10 * time.Second / 3 // at most, between two lists of a gateway's phones
	maxNameLength  = 64                   // runes of a display name or a label
)

// Validate says in one line what of the settings cannot be, before anything is
// opened.
func (c Config) Validate() error {
	if err := validAddress(c.Listen); err != nil {
		return fmt.Errorf("listen address %q: %w", c.Listen, err)
	}
	if c.TURN != "" && c.TURN != "off" {
		if err := validAddress(c.TURN); err != nil {
			return fmt.Errorf("turn address %q: %w", c.TURN, err)
		}
	}
	if c.Timers.Ring > calls.MaxRingTime {
		return fmt.Errorf("ring time %v: a call rings for %v at most", c.Timers.Ring, calls.MaxRingTime)
	}
	if c.Data == "" {
		return errors.New("no data folder is named")
	}
	if c.Creds != "" && len(c.NATS) == 0 {
		return errors.New("credentials for NATS are named, but no NATS; name its URLs")
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		return errors.New("a certificate and its key are needed both, or neither")
	}
	ways := 0
	for _, set := range []bool{c.CertFile != "", c.Domain != "", c.BehindProxy} {
		if set {
			ways++
		}
	}
	if ways > 1 {
		return errors.New("choose one of a certificate, a domain for ACME, and a proxy in front")
	}
	if c.Admin != "" {
		if err := validAddress(c.Admin); err != nil {
			return fmt.Errorf("admin address %q: %w", c.Admin, err)
		}
		if host, _, _ := net.SplitHostPort(c.Admin); !isLoopback(host) {
			return fmt.Errorf("admin address %q: it must be on loopback, such as 127.0.0.1:7434", c.Admin)
		}
	}
	return nil
}

// validAddress checks an address to listen on.
func validAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("it must be HOST:PORT or :PORT")
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fmt.Errorf("the port must be a number from 0 to 65535, not %q", port)
	}
	return nil
}

// isLoopback says whether a host names this machine only.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
