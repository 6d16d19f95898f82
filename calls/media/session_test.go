package media

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tring/calls"
)

func TestEachHearsTheOther(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, newRoom(t))
	bob.hears(t, 1000)
	alice.hears(t, 700)
	stats := alice.session.Stats()
	if stats.Sent == 0 || stats.Received == 0 || stats.BytesSent == 0 || stats.BytesReceived == 0 {
		t.Errorf("nothing counted: %+v", stats)
	}
	if stats.Relayed {
		t.Error("a direct path counts as relayed")
	}
}

// Whatever becomes of the first payloads on their way, the two connect.
func TestSignalingMayMisbehave(t *testing.T) {
	t.Parallel()
	first := func(n int, then func(letter) []letter) func(letter) []letter {
		return func(l letter) []letter {
			if n--; n >= 0 {
				return then(l)
			}
			return []letter{l}
		}
	}
	for name, tamper := range map[string]func(letter) []letter{
		"the offer is lost":       first(1, drop),
		"the first five are lost": first(5, drop),
		"everything comes twice":  func(l letter) []letter { return []letter{l, l} },
		"candidates come before their description": func(l letter) []letter {
			m, err := decodePayload(l.text)
			if err != nil || len(m.Candidates) == 0 {
				return []letter{l}
			}
			early, late := m, m
			early.Kind, early.SDP, late.Candidates = kindCandidate, "", nil
			return []letter{{l.from, l.to, early.encode()}, {l.from, l.to, late.encode()}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			r.set(tamper)
			alice, bob := pair(t, r)
			bob.hears(t, 1000)
			alice.hears(t, 700)
		})
	}
}

// The callee's offer may overtake the news that it accepted.
func TestAnswererOpensLate(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	alice, bob := r.phone("alice", 1000, nil), r.phone("bob", 700, nil)
	sent := make(chan struct{}, 64)
	r.set(func(l letter) []letter {
		select {
		case sent <- struct{}{}:
		default:
		}
		return []letter{l}
	})
	r.open(bob, offers("alice"))
	<-sent // into the void
	r.open(alice, answers("bob"))
	connected(t, alice, bob)
}

func TestHostilePayloads(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	alice, bob := r.phone("alice", 1000, nil), r.phone("bob", 700, nil)
	r.open(alice, answers("bob"), answers("mallory"))
	r.phone("mallory", 0, nil)
	sdp := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ssrc:1 cname:x\r\n"
	for name, text := range map[string]string{
		"nothing":                "",
		"not JSON":               "hello",
		"not an object":          `[1,2]`,
		"unknown kind":           `{"kind":"dance","round":1}`,
		"an offer without SDP":   `{"kind":"offer","round":1}`,
		"not SDP":                `{"kind":"offer","round":1,"sdp":"m=audio"}`,
		"two media":              payload{Kind: kindOffer, Round: 1, SDP: sdp + sdp[strings.Index(sdp, "m="):]}.text(),
		"video":                  payload{Kind: kindOffer, Round: 1, SDP: strings.Replace(sdp, "audio", "video", 1)}.text(),
		"a source without name":  payload{Kind: kindOffer, Round: 1, SDP: strings.Replace(sdp, "a=ssrc", "a=x", 1)}.text(),
		"an answer to nothing":   payload{Kind: kindAnswer, Round: 1, SDP: sdp}.text(),
		"a round below":          `{"kind":"restart","round":-1}`,
		"a round beyond":         `{"kind":"restart","round":99999999}`,
		"a wrong candidate":      `{"kind":"candidate","round":1,"candidates":["v=0"]}`,
		"a candidate's nonsense": `{"kind":"candidate","round":1,"candidates":["candidate:x y z"]}`,
		"a smuggled line":        `{"kind":"candidate","round":1,"candidates":["candidate:1\r\na=x"]}`,
		"many candidates":        payload{Kind: kindCandidate, Candidates: make([]string, 33)}.text(),
		"a megabyte":             payload{Kind: kindOffer, SDP: strings.Repeat("a", 1<<20)}.text(),
	} {
		if alice.session.Signal("mallory", []byte(text)) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for name, m := range map[string]payload{
		"SDP without keys":      {Kind: kindOffer, Round: 1, SDP: sdp},
		"candidates of nothing": {Kind: kindCandidate, Round: 1},
		"a restart of nothing":  {Kind: kindRestart, Round: 7},
	} {
		if err := alice.session.Signal("mallory", m.encode()); err != nil {
			t.Errorf("%s: %v, but its shape is right", name, err)
		}
	}
	if alice.session.Signal("stranger", payload{Kind: kindRestart}.encode()) == nil {
		t.Error("a stranger is listened to")
	}
	r.open(bob, offers("alice"))
	connected(t, alice, bob)
}

func (m payload) text() string { return string(m.encode()) }

func TestHangUpIsHeardDirectly(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	alice, bob := pair(t, r)
	r.set(drop) // the server is away
	began := time.Now()
	closed := make(chan error, 1)
	go func() { closed <- alice.session.Close() }()
	eventually(t, "bob knows that alice hung up", func() bool { return bob.closedBy("alice") })
	t.Logf("heard after %v", time.Since(began))
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	t.Logf("closed after %v", time.Since(began))
	if alice.closedBy("bob") {
		t.Error("alice takes her own hang-up for bob's")
	}
	if alice.session.Signal("bob", payload{Kind: kindRestart}.encode()) == nil {
		t.Error("a closed session takes signals")
	}
}

// The server may be away during a call.
func TestSoundNeedsNoServer(t *testing.T) {
	t.Parallel()
	atLast(t, func(t *testing.T) error {
		r := newRoom(t)
		defer r.hangUp()
		alice, bob := pair(t, r)
		r.set(drop)
		before := bob.session.Stats().Received
		eventually(t, "three seconds of packets arrive", func() bool {
			return bob.session.Stats().Received > before+150
		})
		bob.hears(t, 1000)
		if got := append(alice.told(), bob.told()...); len(got) != 2 {
			return fmt.Errorf("the phones were told %+v", got)
		}
		return nil
	})
}

// A restart breaks the path in use, so a healthy one is given up only for a
// peer that insists.
func TestRestartOfAHealthyPath(t *testing.T) {
	t.Parallel()
	atLast(t, func(t *testing.T) error {
		r := newRoom(t)
		defer r.hangUp()
		alice, bob := pair(t, r)
		var offered atomic.Int32
		r.set(func(l letter) []letter {
			if m, err := decodePayload(l.text); err == nil && m.Kind == kindOffer {
				offered.Add(1)
			}
			return []letter{l}
		})
		ask := payload{Kind: kindRestart, Round: 1}.encode()
		if err := bob.session.Signal("alice", ask); err != nil {
			t.Fatal(err)
		}
		heard := alice.session.Stats().Received
		eventually(t, "sound goes on where it went", func() bool { return alice.session.Stats().Received > heard+10 })
		if n := offered.Load(); n != 0 {
			return fmt.Errorf("bob does not leave the path alone: %d offers", n)
		}
		if err := bob.session.Signal("alice", ask); err != nil {
			t.Fatal(err)
		}
		eventually(t, "bob offers a new path", func() bool { return offered.Load() > 0 })
		before := alice.session.Stats().Received
		eventually(t, "packets flow on it", func() bool { return alice.session.Stats().Received > before+50 })
		if told := alice.told(); len(told) != 1 {
			return fmt.Errorf("alice was told %+v", told)
		}
		return nil
	})
}

func TestMutedSendsSilence(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, newRoom(t))
	bob.hears(t, 1000)
	alice.session.SetMuted(true)
	eventually(t, "bob hears silence", bob.silent)
	sent := alice.session.Stats().Sent
	eventually(t, "packets still flow", func() bool { return alice.session.Stats().Sent > sent+10 })
	alice.session.SetMuted(false)
	bob.hears(t, 1000)
}

func TestWithoutMicrophone(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	alice, bob := r.phone("alice", 0, nil), r.phone("bob", 700, nil)
	r.open(alice, answers("bob"))
	r.open(bob, offers("alice"))
	connected(t, alice, bob)
	alice.hears(t, 700)
}

// A third device joins and leaves: a mesh.
func TestPeersComeAndGo(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	alice, bob := pair(t, r)
	carol := r.phone("carol", 1700, nil)
	alice.session.SetPeers([]calls.Peer{answers("bob"), answers("carol")}, nil)
	bob.session.SetPeers([]calls.Peer{offers("alice"), answers("carol")}, nil)
	r.open(carol, offers("alice"), offers("bob"))
	connected(t, alice, carol)
	connected(t, bob, carol)
	sent := carol.session.Stats().Sent
	eventually(t, "carol sends to both", func() bool { return carol.session.Stats().Sent > sent+20 })

	alice.session.SetPeers([]calls.Peer{answers("carol")}, nil)
	eventually(t, "bob knows that alice left him", func() bool { return bob.closedBy("alice") })
	bob.session.SetPeers([]calls.Peer{answers("carol")}, nil)
	bob.hears(t, 1700)
	if carol.closedBy("alice") || carol.closedBy("bob") {
		t.Error("carol was left by somebody")
	}
}

// A call follows another at once: the microphone is free again.
func TestNextCall(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	alice, bob := pair(t, r)
	for _, p := range []*phone{alice, bob} {
		if err := p.session.Close(); err != nil {
			t.Fatal(err)
		}
		p.mu.Lock()
		p.changes, p.session = nil, nil
		p.mu.Unlock()
	}
	r.open(alice, offers("bob"))
	r.open(bob, answers("alice"))
	connected(t, alice, bob)
	bob.hears(t, 1000)
}

// A device leaves and joins again, with or without the offer: the connection is
// a new one.
func TestPeerComesBack(t *testing.T) {
	t.Parallel()
	for name, roles := range map[string][2]calls.Peer{
		"bob offers again": {answers("bob"), offers("alice")},
		"alice offers now": {offers("bob"), answers("alice")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			alice, bob := pair(t, r)
			if err := alice.session.Close(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "bob knows that alice left", func() bool { return bob.closedBy("alice") })
			bob.session.SetPeers([]calls.Peer{roles[1]}, nil)
			before := len(bob.told())
			r.open(alice, roles[0])
			eventually(t, "bob is connected again", func() bool {
				return len(bob.told()) > before && bob.state("alice") == calls.MediaConnected
			})
			bob.hears(t, 1000)
		})
	}
}

// A session that nobody answers closes without fuss.
func TestCloseBeforeConnected(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.set(drop)
	alice := r.phone("alice", 1000, nil)
	r.open(alice, offers("bob"), answers("carol"))
	for range 2 {
		if err := alice.session.Close(); err != nil {
			t.Fatal(err)
		}
	}
	alice.session.SetPeers([]calls.Peer{offers("dave")}, nil)
	if err := alice.session.Signal("dave", payload{Kind: kindRestart}.encode()); err == nil {
		t.Error("a closed session takes new peers")
	}
}
