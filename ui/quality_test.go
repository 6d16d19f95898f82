package ui

import (
	"testing"
	"time"

	"tring/calls"
)

// What is bad is said where it is heard, with its cause; what was mended is not.
func TestComplaints(t *testing.T) {
	for name, tt := range map[string]struct {
		stats []calls.MediaStats
		want  string
	}{
		"nothing":                          {[]calls.MediaStats{{}}, ""},
		"loss that is heard":               {[]calls.MediaStats{{LossPercent: 8.2, ConcealedLately: 6}}, "the network loses 8 % of their sound"},
		"loss that copies and FEC mend":    {[]calls.MediaStats{{LossPercent: 20, ConcealedLately: 1}}, ""},
		"packets that come too late":       {[]calls.MediaStats{{ConcealedLately: 9}}, "the network carries their sound unevenly"},
		"they hear badly":                  {[]calls.MediaStats{{PeerLossPercent: 12, PeerRating: 45}}, "the network loses 12 % of your sound"},
		"they miss much, but it is mended": {[]calls.MediaStats{{PeerLossPercent: 12, PeerRating: 85}}, ""},
		"they hear badly, but not by loss": {[]calls.MediaStats{{PeerLossPercent: 0.5, PeerRating: 45}}, ""},
		"an older phone misses much":       {[]calls.MediaStats{{PeerLossPercent: 6}}, "the network loses 6 % of your sound"},
		"a long way":                       {[]calls.MediaStats{{Delay: 800 * time.Millisecond}}, "the sound is 0.8 s late"},
		"ours before theirs":               {[]calls.MediaStats{{LossPercent: 8, ConcealedLately: 8, PeerLossPercent: 9}}, "the network loses 8 % of their sound"},
		"it lingers": {
			[]calls.MediaStats{{LossPercent: 8, ConcealedLately: 6}, {LossPercent: 4, ConcealedLately: 3}},
			"the network loses 4 % of their sound",
		},
		"not for ever":          {[]calls.MediaStats{{LossPercent: 8, ConcealedLately: 6}, {LossPercent: 4, ConcealedLately: 1}}, ""},
		"a little never begins": {[]calls.MediaStats{{LossPercent: 4, ConcealedLately: 3}}, ""},
	} {
		var q quality
		for _, s := range tt.stats {
			q.take("01J", s)
		}
		if got := (Language{}).quality(q); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// The end says in a word how it was.
func TestHeard(t *testing.T) {
	for want, s := range map[string]calls.MediaStats{
		"":                           {Received: 7},
		"good sound":                 {Rating: 91, ConcealedPercent: 0.2},
		"fair sound, 2 % of it lost": {Rating: 74, ConcealedPercent: 1.8},
		"poor sound, 4 % of it lost": {Rating: 61, ConcealedPercent: 4},
		"bad sound, 21 % of it lost": {Rating: 12, ConcealedPercent: 21},
		"bad sound":                  {Rating: 40},
	} {
		if got := (Language{}).heard(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A call too short for statistics ends without a word about its sound, also
// after one that had them.
func TestTheEndKnowsItsCall(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.tel.stats = calls.MediaStats{Rating: 91}
		d.pass(10 * time.Second)
		d.tel.act(testCall, "bob", "laptop", calls.End{})
		d.settle()
		d.reads("good sound")
		d.press("esc")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.pass(time.Second)
		d.tel.act(otherCall, "carla", "phone", calls.Reject{Status: calls.Cancelled})
		d.settle()
		d.lacks("good sound")
		d.press("esc", "home")
		d.talk()
		d.pass(judged - 3*time.Second)
		d.press("h")
		d.reads("2 s")
		d.lacks("sound")
	})
}

// Where nothing can be heard, nobody says how it sounded.
func TestTheEndOfASilentCall(t *testing.T) {
	for note, says := range map[string]bool{"": true, NoMicrophone: true, NoSpeaker: false, NoSound: false, NoLine: false} {
		atDesk(t, 80, 24, func(d *desk) {
			d.take(SoundNote(note))
			d.talk()
			d.tel.stats = calls.MediaStats{Rating: 91}
			d.pass(10 * time.Second)
			d.press("h")
			d.reads("You hung up")
			if says {
				d.reads("good sound")
			} else {
				d.lacks("good sound")
			}
		})
	}
}
