package media

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"tring/calls"
)

const hostCandidate = "candidate:1 1 udp 2130706431 192.0.2.7 40000 typ host"

// description is what a phone of ours offers.
func description(t testing.TB) string {
	t.Helper()
	m, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	pc, err := m.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pc.GracefulClose(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}

func TestPayloadsComeThrough(t *testing.T) {
	sdp := description(t)
	for _, m := range []payload{
		{Kind: kindOffer, Round: 1, SDP: sdp, Candidates: []string{hostCandidate}},
		{Kind: kindAnswer, Round: 2, SDP: sdp},
		{Kind: kindCandidate, Round: 3, Candidates: []string{hostCandidate}},
		{Kind: kindRestart},
	} {
		got, err := decodePayload(m.encode())
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: got %+v, %v", m.Kind, got, err)
		}
	}
}

// What passes decodePayload keeps to the limits.
func FuzzPayload(f *testing.F) {
	sdp := description(f)
	for _, m := range []payload{
		{Kind: kindOffer, Round: 1, SDP: sdp, Candidates: []string{hostCandidate}},
		{Kind: kindAnswer, Round: 1, SDP: sdp},
		{Kind: kindCandidate, Round: 1, Candidates: []string{hostCandidate}},
		{Kind: kindRestart, Round: 1},
	} {
		f.Add(m.encode())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := decodePayload(text)
		if err == nil && (len(m.SDP) > maxPayload || len(m.Candidates) > maxCandidates || m.Round < 0) {
			t.Fatalf("beyond the limits: %+v", m)
		}
	})
}

// Pion takes an offer or refuses it, but does not crash, and closes.
func FuzzOffer(f *testing.F) {
	f.Add(description(f), hostCandidate)
	media, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sdp, candidate string) {
		m, err := decodePayload(payload{Kind: kindOffer, Round: 1, SDP: sdp, Candidates: []string{candidate}}.encode())
		if err != nil {
			return
		}
		pc, err := media.api.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			t.Fatal(err)
		}
		p := &peer{session: &Session{media: media}, pc: pc, log: media.log, inbox: make(chan func(), inboxSize)}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			p.takeOffer(m)
			_ = pc.GracefulClose() // it may well complain
		}()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			panic(fmt.Sprintf("hangs on %q, %q", sdp, candidate))
		}
	})
}

// Servers that cannot be used are left out, so that the rest still is.
func TestServers(t *testing.T) {
	m, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := m.servers([]calls.Server{
		{URLs: []string{"stun:192.0.2.1:7433", "turn:192.0.2.1:7433?transport=udp"}, Username: "u", Credential: "c"},
		{URLs: []string{"turn:192.0.2.1:7433"}}, // no credentials
		{URLs: []string{"turns:192.0.2.1:5349?transport=tcp", "http://x", ""}, Username: "u", Credential: "c"}, // not UDP, no server
	})
	want := []webrtc.ICEServer{
		{URLs: []string{"stun:192.0.2.1:7433", "turn:192.0.2.1:7433?transport=udp"}, Username: "u", Credential: "c"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
