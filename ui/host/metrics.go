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
}

func newMetrics() *metrics {
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
	return []prometheus.Collector{
		m.connections, m.strangers, m.calls, m.channels, m.logins, m.ended, m.refused, m.bytes, m.resizes, m.panics,
	}
}
