package host

import "github.com/prometheus/client_golang/prometheus"

// metrics are the host's figures. Safe for concurrent use.
type metrics struct {
	connections, strangers prometheus.Gauge
	channels               *prometheus.GaugeVec // kind: login, sound
	calls                  prometheus.Gauge
	logins                 *prometheus.CounterVec // command
	ended                  *prometheus.CounterVec // cause
	refused                *prometheus.CounterVec // reason
	bytes                  *prometheus.CounterVec // direction
	resizes                prometheus.Counter
	panics                 prometheus.Counter
	sound                  []prometheus.Collector
}

// newMetrics has the sound's figures from whoever counts them.
func newMetrics(sound func() SoundStats) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "tring_ssh_" + name, Help: help})
	}
	counters := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tring_ssh_" + name, Help: help}, []string{label})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "tring_ssh_" + name, Help: help})
	}
	return &metrics{
		connections: gauge("connections", "Connections by ssh."),
		strangers:   gauge("strangers", "Connections that are nobody's yet."),
		calls:       gauge("calls", "Logins in a call."),
		channels: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tring_ssh_channels", Help: "Open channels by kind: login or sound.",
		}, []string{"kind"}),
		logins:  counters("logins_total", "Logins by kind: screen or command.", "kind"),
		ended:   counters("ended_total", "Logins that ended, by cause.", "cause"),
		refused: counters("refused_total", "What was refused, by reason.", "reason"),
		bytes:   counters("bytes_total", "Bytes on the wire, from clients (in) and to them (out).", "direction"),
		resizes: counter("resizes_dropped_total", "Window sizes dropped for a newer one."),
		panics:  counter("panics_total", "Logins that ended with a panic."),
		sound:   soundMetrics(sound),
	}
}

func soundMetrics(stats func() SoundStats) []prometheus.Collector {
	count := func(name, help, direction string, value func(SoundStats) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "tring_ssh_sound_" + name, Help: help, ConstLabels: prometheus.Labels{"direction": direction},
		}, func() float64 { return float64(value(stats())) })
	}
	const bytes, dropped = "Bytes of sound channels.", "Sound too old to be heard: packets in, frames of 10 ms out."
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tring_ssh_sound_attached", Help: "Sound channels that belong to a login now.",
		}, func() float64 { return float64(stats().Attached) }),
		count("bytes_total", bytes, "in", func(s SoundStats) uint64 { return s.In }),
		count("bytes_total", bytes, "out", func(s SoundStats) uint64 { return s.Out }),
		count("dropped_total", dropped, "in", func(s SoundStats) uint64 { return s.DroppedIn }),
		count("dropped_total", dropped, "out", func(s SoundStats) uint64 { return s.DroppedOut }),
	}
}

// began counts a login in, and over counts it out.
func (m *metrics) began(screen bool) {
	kind := "command"
	if screen {
		kind = "screen"
	}
	m.logins.WithLabelValues(kind).Inc()
	m.channels.WithLabelValues("login").Inc()
}

func (m *metrics) over(cause string) {
	m.channels.WithLabelValues("login").Dec()
	m.ended.WithLabelValues(cause).Inc()
}

// Describe and Collect make the metrics a prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(to)
	}
}

func (m *metrics) Collect(to chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(to)
	}
}

func (m *metrics) all() []prometheus.Collector {
	return append([]prometheus.Collector{
		m.connections, m.strangers, m.calls, m.channels, m.logins, m.ended, m.refused, m.bytes, m.resizes, m.panics,
	}, m.sound...)
}
