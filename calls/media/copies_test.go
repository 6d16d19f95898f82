package media

import (
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// Bursts of loss: each side hears of them from the other, sends copies, and
// plays those that come.
func TestCopiesMendBursts(t *testing.T) {
	w := newWAN(t, 10*time.Millisecond)
	t.Parallel()
	alice, bob := pair(t, newRoom(t), w.alice, w.bob)
	eventually(t, 20*time.Second, "bob hears alice's tone", func() bool { return bob.hears(1000) })
	if s := alice.session.Stats(); s.Copies != 0 || s.CopiesSent != 0 {
		t.Errorf("copies without need: %+v", s)
	}
	w.bursts.Store(true)
	began := time.Now()
	for _, p := range []*phone{alice, bob} {
		eventually(t, 20*time.Second, "copies go along", func() bool { return p.session.Stats().Copies == redMost })
		t.Logf("%s sends copies after %v", p.device, time.Since(began))
	}
	before := bob.session.Stats()
	eventually(t, 20*time.Second, "what is lost is played from copies", func() bool {
		return bob.session.Stats().Redundant > before.Redundant+10
	})
	s := alice.session.Stats()
	if s.PeerLossRun < 1.5 || s.PeerLossPercent < 8 || s.PeerLossPercent > 35 {
		t.Errorf("alice hears of %.0f %% in runs of %.1f", s.PeerLossPercent, s.PeerLossRun)
	}
	if s.Switches == 0 || s.CopiesSent == 0 || s.PeerRating == 0 || s.Rating == 0 || s.MOS < 1 || s.Delay < 30*time.Millisecond {
		t.Errorf("the statistics do not tell: %+v", s)
	}
}

// older is a phone from before RED: it neither offers nor takes it.
func older(t *testing.T, p *phone) {
	t.Helper()
	var codecs webrtc.MediaEngine
	parameters := webrtc.RTPCodecParameters{RTPCodecCapability: voice, PayloadType: opusPayloadType}
	if err := codecs.RegisterCodec(parameters, webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	p.media.api = webrtc.NewAPI(webrtc.WithMediaEngine(&codecs),
		webrtc.WithSettingEngine(settings(loggers{logTo(t)}, nil)))
}

// Who does not know RED is not sent any, whoever offers, however bad it gets.
func TestOlderPeers(t *testing.T) {
	t.Parallel()
	for name, roles := range map[string]func(r *room, alice, bob *phone){
		"the older one offers":  func(r *room, alice, bob *phone) { r.open(alice, offers("bob")); r.open(bob, answers("alice")) },
		"the older one answers": func(r *room, alice, bob *phone) { r.open(alice, answers("bob")); r.open(bob, offers("alice")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			alice, bob := r.phone("alice", 1000, nil), r.phone("bob", 700, nil)
			older(t, alice)
			roles(r, alice, bob)
			connected(t, alice, bob)
			bob.session.peers["alice"].outbox.copies.Store(redMost)
			eventually(t, 20*time.Second, "alice hears bob's tone", func() bool { return alice.hears(700) })
			eventually(t, 20*time.Second, "bob hears alice's tone", func() bool { return bob.hears(1000) })
			if n := bob.session.Stats().CopiesSent; n != 0 {
				t.Errorf("%d copies sent", n)
			}
			if n := alice.session.peers["bob"].measure.garbled.Load(); n != 0 {
				t.Errorf("%d packets that alice cannot read", n)
			}
		})
	}
}

// Two new phones agree on RED, whoever offers.
func TestREDIsNegotiated(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, newRoom(t))
	for _, p := range []*peer{alice.session.peers["bob"], bob.session.peers["alice"]} {
		if voice, red := p.track.negotiated(); voice != opusPayloadType || red != redPayloadType {
			t.Errorf("to %s: payload types %d, %d", p.device, voice, red)
		}
	}
	bob.session.peers["alice"].outbox.copies.Store(redMost)
	eventually(t, 5*time.Second, "copies are sent", func() bool { return bob.session.Stats().CopiesSent > 20 })
	eventually(t, 20*time.Second, "alice hears bob's tone", func() bool { return alice.hears(700) })
	if s := alice.session.Stats(); s.Redundant != 0 || s.Lost > 2 {
		t.Errorf("where nothing is lost copies are played: %+v", s)
	}
}
