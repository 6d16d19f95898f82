package config

import "time"

// Server are the settings of a server: the file server.toml in its data folder.
type Server struct {
	Name        string        // what people see of it
	KeepHistory time.Duration // how long finished calls are kept; zero is for ever
	Timers      Timers
	SSH         Host // of the telephones by ssh beside it
}

// Timers are the durations of the ringing service; zero leaves the built-in one.
type Timers struct {
	Ring, Media, CallerGone, Lease, MediaLost, Silence, Reconnect time.Duration
}

func (s *Server) fields() []field {
	const least, most = 10 * time.Millisecond, time.Hour
	const longestRing = 3 * time.Minute // that of the service
	return append(s.SSH.fields(), []field{
		text("name", &s.Name),
		span("history.keep", &s.KeepHistory, time.Hour, 100*365*24*time.Hour),
		span("timers.ring", &s.Timers.Ring, least, longestRing),
		span("timers.media", &s.Timers.Media, least, most),
		span("timers.caller_gone", &s.Timers.CallerGone, least, most),
		span("timers.lease", &s.Timers.Lease, least, most),
		span("timers.media_lost", &s.Timers.MediaLost, least, most),
		span("timers.silence", &s.Timers.Silence, least, most),
		span("timers.reconnect", &s.Timers.Reconnect, least, most),
	}...)
}

// LoadServer reads a server's settings from the file and from the environment
// (TRING_TIMERS_RING for timers.ring).
func LoadServer(path string, getenv func(string) string) (Server, error) {
	var s Server
	if err := load(path, s.fields()); err != nil {
		return Server{}, err
	}
	return s, override(getenv, s.fields())
}
