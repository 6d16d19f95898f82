package media

import (
	"fmt"
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
	bob.hears(t, 1000)
	if s := alice.session.Stats(); s.Copies != 0 || s.CopiesSent != 0 {
		t.Errorf("copies without need: %+v", s)
	}
	w.bursts.Store(true)
	began := time.Now()
	for _, p := range []*phone{alice, bob} {
		eventually(t, "copies go along", func() bool { return p.session.Stats().Copies > 0 })
		t.Logf("%s sends copies after %v", p.device, time.Since(began))
	}
	before := bob.session.Stats()
	eventually(t, "what is lost is played from copies", func() bool {
		return bob.session.Stats().Redundant > before.Redundant+10
	})
	eventually(t, "alice hears of a fifth that is lost, in runs", func() bool {
		s := alice.session.Stats()
		return s.PeerLossRun >= 1.5 && s.PeerLossPercent >= 8 && s.PeerLossPercent <= 35
	})
	eventually(t, "the statistics tell", func() bool {
		s := alice.session.Stats()
		rated := s.Rating > 0 || s.RatingLately > 0 // a stall of the machine rates 0
		return s.Switches > 0 && s.CopiesSent > 0 && s.PeerRating > 0 && rated && s.MOS >= 1 && s.Delay >= 30*time.Millisecond
	})
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
			alice.hears(t, 700)
			bob.hears(t, 1000)
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
	atLast(t, func(t *testing.T) error {
		r := newRoom(t)
		defer r.hangUp()
		alice, bob := pair(t, r)
		for _, p := range []*peer{alice.session.peers["bob"], bob.session.peers["alice"]} {
			if voice, red := p.track.negotiated(); voice != opusPayloadType || red != redPayloadType {
				t.Errorf("to %s: payload types %d, %d", p.device, voice, red)
			}
		}
		eventually(t, "copies are sent", func() bool {
			bob.session.peers["alice"].outbox.copies.Store(redMost) // the next report says that none are needed
			return bob.session.Stats().CopiesSent > 20
		})
		alice.hears(t, 700)
		if s := alice.session.Stats(); s.Redundant != 0 || s.Lost > 2 {
			return fmt.Errorf("where nothing is lost copies are played: %+v", s)
		}
		return nil
	})
}
