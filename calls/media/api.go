package media

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"

	"tring/audio"
	"tring/calls"
)

// How patient ICE is (RFC 8445). Media flows every 20 ms, so a second and a
// half of nothing means that the path broke.
const (
	disconnectedAfter = 1500 * time.Millisecond
	failedAfter       = time.Minute // then pion drops the old path for good
	keepAlive         = 400 * time.Millisecond
	reflexiveWait     = 50 * time.Millisecond  // for something better than a path through a NAT
	relayWait         = 200 * time.Millisecond // for something better than TURN
	flightInterval    = 250 * time.Millisecond // between DTLS retransmissions
	// A pair is checked every 200 ms and given up after so many checks; the
	// other side's first one may have to wait for signaling.
	bindingRequests = 25
)

// voice is the one codec (RFC 7587 §7): the SDP always says two channels, we
// send one.
var voice = webrtc.RTPCodecCapability{ //nolint:gochecknoglobals // a constant in all but syntax
	MimeType: webrtc.MimeTypeOpus, ClockRate: audio.Rate, Channels: 2,
	SDPFmtpLine: "minptime=10;useinbandfec=1",
}

// redundant carries copies of packets (RFC 2198); its parameter says of what, in the
// numbers that browsers use too.
var redundant = webrtc.RTPCodecCapability{ //nolint:gochecknoglobals // a constant in all but syntax
	MimeType: mimeRED, ClockRate: audio.Rate, Channels: 2,
	SDPFmtpLine: "111/111",
}

const (
	opusPayloadType = 111
	redPayloadType  = 63
)

// newAPI sets pion up: Opus and copies of it only, sender and receiver reports
// once a second only (a late retransmission is of no use to a telephone), UDP
// only, and no host but those that a session names.
func newAPI(log *slog.Logger, net transport.Net) (*webrtc.API, error) {
	factory := loggers{log}
	var codecs webrtc.MediaEngine
	for _, parameters := range []webrtc.RTPCodecParameters{
		{RTPCodecCapability: voice, PayloadType: opusPayloadType},
		{RTPCodecCapability: redundant, PayloadType: redPayloadType},
	} {
		if err := codecs.RegisterCodec(parameters, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("register %s: %w", parameters.MimeType, err)
		}
	}
	sender, err := report.NewSenderInterceptor(report.WithSenderLoggerFactory(factory))
	if err != nil {
		return nil, fmt.Errorf("set up sender reports: %w", err)
	}
	receiver, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(factory))
	if err != nil {
		return nil, fmt.Errorf("set up receiver reports: %w", err)
	}
	var reports interceptor.Registry
	reports.Add(sender)
	reports.Add(receiver)
	return webrtc.NewAPI(webrtc.WithMediaEngine(&codecs), webrtc.WithInterceptorRegistry(&reports),
		webrtc.WithSettingEngine(settings(factory, net))), nil
}

func settings(factory logging.LoggerFactory, net transport.Net) webrtc.SettingEngine {
	s := webrtc.SettingEngine{LoggerFactory: factory}
	s.SetICETimeouts(disconnectedAfter, failedAfter, keepAlive)
	s.SetHostAcceptanceMinWait(0)
	s.SetSrflxAcceptanceMinWait(reflexiveWait)
	s.SetPrflxAcceptanceMinWait(reflexiveWait)
	s.SetRelayAcceptanceMinWait(relayWait)
	s.SetICEMaxBindingRequests(bindingRequests)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.DisableActiveTCP(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	// Two phones on one machine that has no network call each other too.
	s.SetIncludeLoopbackCandidate(true)
	// ICE has proved the address already (RFC 8842 §5), so DTLS need not.
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetDTLSRetransmissionInterval(flightInterval)
	if net != nil {
		s.SetNet(net)
	}
	return s
}

// servers are those that pion can use. A broken one must not end the call: the
// direct path is tried all the same.
func (m *Media) servers(list []calls.Server) []webrtc.ICEServer {
	var usable []webrtc.ICEServer
	for _, s := range list {
		var urls []string
		for _, u := range s.URLs {
			uri, err := stun.ParseURI(u)
			if err != nil || uri.Proto != stun.ProtoTypeUDP {
				m.log.Warn("media: leaving out a STUN or TURN server that is not usable", "url", u, "err", err)
				continue
			}
			if strings.HasPrefix(u, "turn") && s.Username == "" {
				m.log.Warn("media: leaving out a TURN server without credentials", "url", u)
				continue
			}
			urls = append(urls, u)
		}
		if len(urls) > 0 {
			usable = append(usable, webrtc.ICEServer{URLs: urls, Username: s.Username, Credential: s.Credential})
		}
	}
	return usable
}

func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for media: %w", err)
	}
	return key, nil
}

// loggers gives pion our log instead of the terminal. What pion calls an error
// is, in a call that ends or a network that comes and goes, everyday.
type loggers struct{ log *slog.Logger }

func (l loggers) NewLogger(scope string) logging.LeveledLogger {
	return logger{l.log.With("pion", scope)}
}

type logger struct{ log *slog.Logger }

func (logger) Trace(string)                      {}
func (logger) Tracef(string, ...any)             {}
func (logger) Debug(string)                      {}
func (logger) Debugf(string, ...any)             {}
func (logger) Info(string)                       {}
func (logger) Infof(string, ...any)              {}
func (l logger) Warn(msg string)                 { l.log.Debug("media: " + msg) }
func (l logger) Warnf(form string, args ...any)  { l.Warn(fmt.Sprintf(form, args...)) }
func (l logger) Error(msg string)                { l.Warn(msg) }
func (l logger) Errorf(form string, args ...any) { l.Warn(fmt.Sprintf(form, args...)) }
