package server

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tring/calls"
)

// metrics are the server's figures, in a registry of its own. Safe for
// concurrent use.
type metrics struct {
	registry    *prometheus.Registry
	connections prometheus.Gauge
	refused     prometheus.Counter
	closed      *prometheus.CounterVec
	conflicts   prometheus.Counter
	live        *prometheus.GaugeVec
	calls       *prometheus.CounterVec
	acts        *prometheus.HistogramVec
	errors      *prometheus.CounterVec
	hosted      *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tring_connections", Help: "Phones connected to this gateway.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tring_connections_refused_total", Help: "Connections refused by the limits of an address.",
		}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tring_connections_closed_total", Help: "Connections that ended, by the close code; 1006 is without one.",
		}, []string{"code"}),
		conflicts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tring_conflicts_total", Help: "Writes that lost against another and were judged again.",
		}),
		live: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tring_calls_live", Help: "Live calls by status.",
		}, []string{"status"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tring_calls_total", Help: "Changes of calls into a status.",
		}, []string{"status"}),
		acts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tring_request_seconds", Help: "Time to answer a request, with its durable write.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 12),
		}, []string{"type"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tring_errors_total", Help: "Requests answered with an error, by its code.",
		}, []string{"code"}),
		hosted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tring_hosted_sign_ins_total", Help: "Sign-ins for people by an ssh host.",
		}, []string{"host"}),
	}
	m.registry.MustRegister(m.connections, m.refused, m.closed, m.conflicts, m.live, m.calls, m.acts, m.errors, m.hosted,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Register adds figures to /metrics, such as those of an ssh host in this process.
func (s *Server) Register(c prometheus.Collector) error {
	if err := s.metrics.registry.Register(c); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	return nil
}

func (m *metrics) act(kind string, took time.Duration) {
	m.acts.WithLabelValues(kind).Observe(took.Seconds())
}

func (m *metrics) failed(err error) { m.errors.WithLabelValues(calls.Code(err)).Inc() }

// ended counts a connection's end; no code is an end without a goodbye.
func (m *metrics) ended(code int) {
	m.closed.WithLabelValues(strconv.Itoa(cmp.Or(code, websocket.CloseAbnormalClosure))).Inc()
}

// changed counts a call's way through the statuses. What a former run of the
// server left is live and no news.
func (m *metrics) changed(before, after calls.Status, news bool) {
	if before == after {
		return
	}
	if news {
		m.calls.WithLabelValues(string(after)).Inc()
	}
	if before != "" {
		m.live.WithLabelValues(string(before)).Dec()
	}
	if !after.Terminal() {
		m.live.WithLabelValues(string(after)).Inc()
	}
}

// healthHandler serves /healthz and /metrics, for loopback only. The write of
// /healthz is bounded: a full disk answers nothing at all.
func (s *Server) healthHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.timers.Probe)
		defer cancel()
		if err := s.store.probe(ctx); err != nil {
			s.store.doubt()
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok " + s.cfg.Version + "\n")) // the asker is gone if this fails
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	return mux
}
