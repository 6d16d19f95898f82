package media

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"

	"tring/audio"
	"tring/calls"
	"tring/guard"
)

// Config is what a Media is made of.
type Config struct {
	Engine *audio.Engine // the phone's sound; it outlives the Media
	Log    *slog.Logger  // nil: no log
	// Net is the network; nil is the system's. Tests pass a virtual one.
	Net transport.Net
	// Guard runs the goroutines of the sessions, and what pion calls.
	Guard guard.Guard
}

// Media opens media sessions. It is safe for concurrent use.
type Media struct {
	engine *audio.Engine
	log    *slog.Logger
	guard  guard.Guard
	api    *webrtc.API
	// microphone is held by the one session that captures.
	microphone chan struct{}
	closeMost  time.Duration // tests on busy machines have more patience
	mendTime   time.Duration

	mu          sync.Mutex
	certificate *webrtc.Certificate
}

// renewBefore is how long before its end a certificate is replaced: longer
// than any call.
const renewBefore = 7 * 24 * time.Hour

// New prepares everything that takes time, such as the DTLS certificate, so
// that a session opens at once.
func New(c Config) (*Media, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	api, err := newAPI(c.Log, c.Net)
	if err != nil {
		return nil, fmt.Errorf("set up media: %w", err)
	}
	m := &Media{
		engine: c.Engine, log: c.Log, guard: c.Guard, api: api, microphone: make(chan struct{}, 1),
		closeMost: closeMost, mendTime: mendTime,
	}
	if _, err := m.identity(time.Now()); err != nil {
		return nil, err
	}
	return m, nil
}

// identity is the certificate for DTLS. A phone may run for months and a
// certificate does not.
func (m *Media) identity(now time.Time) (webrtc.Certificate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.certificate != nil && now.Add(renewBefore).Before(m.certificate.Expires()) {
		return *m.certificate, nil
	}
	key, err := newKey()
	if err != nil {
		return webrtc.Certificate{}, err
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("make a certificate for media: %w", err)
	}
	m.certificate = certificate
	return *certificate, nil
}

// Open opens the media session of a call and returns at once: connecting goes
// on aside. Through notify come MediaSignal for each payload that a peer shall
// get and MediaChanged for each change; notify is called from several
// goroutines, must not block for long, and is not called after Close.
//
// The microphone opens now. Without one the session connects all the same.
func (m *Media) Open(o calls.OpenMedia, notify func(calls.Input)) (*Session, error) {
	certificate, err := m.identity(time.Now())
	if err != nil {
		return nil, fmt.Errorf("open media of call %s: %w", o.Call, err)
	}
	s := &Session{
		media: m, call: o.Call, notify: notify,
		log: m.log.With("call", string(o.Call)),
		config: webrtc.Configuration{
			Certificates: []webrtc.Certificate{certificate},
			BundlePolicy: webrtc.BundlePolicyMaxBundle,
		},
		began: time.Now(),
		done:  make(chan struct{}),
		peers: map[calls.DeviceID]*peer{},
	}
	s.sending.Store(&[]*peer{})
	m.engine.SetMuted(o.Muted)
	m.engine.SetNetwork(audio.Network{}) // what the last call's network did says nothing of this one's
	m.guard.Join(&s.tasks, s.capture)
	s.SetPeers(o.Peers, o.Servers)
	return s, nil
}
