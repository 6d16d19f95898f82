package config

import "time"

// Host are the settings of telephones by ssh: the table [ssh] of a server's
// settings, or of the file host.toml in the data folder of `tring host`. Zero
// leaves what is built in.
type Host struct {
	Connections int           // of one address at a time
	Logins      int           // of one key at a time
	Startups    int           // connections, in all, that are nobody's yet
	Rate        int           // connections that an address may open in a second
	Idle        time.Duration // without a key typed and without a call
	Grace       time.Duration // for calls, when the host stops
	KeepCall    time.Duration // how long a call outlives a client that is gone without a word
}

func (h *Host) fields() []field {
	return []field{
		count("ssh.connections", &h.Connections, 1, 10_000),
		count("ssh.logins", &h.Logins, 1, 64),
		count("ssh.startups", &h.Startups, 1, 10_000),
		count("ssh.rate", &h.Rate, 1, 1000),
		span("ssh.idle", &h.Idle, time.Minute, 365*24*time.Hour),
		span("ssh.grace", &h.Grace, time.Second, time.Hour),
		span("ssh.keep_call", &h.KeepCall, time.Second, time.Hour),
	}
}

// LoadHost reads a host's settings from the file and from the environment
// (TRING_SSH_IDLE for ssh.idle).
func LoadHost(path string, getenv func(string) string) (Host, error) {
	var h Host
	if err := load(path, h.fields()); err != nil {
		return Host{}, err
	}
	return h, override(getenv, h.fields())
}
