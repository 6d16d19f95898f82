package audio

import (
	"slices"
	"time"
)

// player is one step of playout: every stream and the tone, mixed, limited and
// metered. It is tick-free, allocates nothing in step, and belongs to one
// goroutine.
type player struct {
	mixer *mixer // of voices
	whole *mixer // of those and the tone
	tone  tonePlayer
	order *cadence   // the last one taken
	last  *[]*Stream // the streams of the last step
	meter meter
	voice [FrameSamples]int16
	far   [FrameSamples]int16 // what the peers say
	out   [FrameSamples]int16 // that and the tone
}

func newPlayer() *player { return &player{mixer: newMixer(), whole: newMixer(), last: &[]*Stream{}} }

// step fills out and far with the next 10 ms, and tells its peak over 100 ms and
// whether there is anything that may sound. The list behind streams never
// changes; another list has another address.
func (p *player) step(now time.Duration, streams *[]*Stream, order *cadence) (peak int32, busy bool) {
	if order != p.order {
		p.order = order
		if order != nil {
			p.tone.play(order)
		}
	}
	p.mixer.clear()
	for _, s := range *streams {
		s.step(now, p.voice[:])
		p.mixer.add(p.voice[:])
	}
	if p.last != streams {
		p.farewell(now, *streams)
		p.last = streams
	}
	busy = len(*streams) > 0
	p.mixer.limit(p.far[:])
	p.out = p.far
	if p.tone.active() {
		busy = true
		p.tone.step(p.voice[:])
		p.whole.clear()
		p.whole.add(p.far[:])
		p.whole.add(p.voice[:])
		p.whole.limit(p.out[:])
	}
	return p.meter.add(p.out[:]), busy
}

// farewell fades out the streams that were closed since the last step: cut off
// in the middle of a word, they would click.
func (p *player) farewell(now time.Duration, streams []*Stream) {
	for _, s := range *p.last {
		if slices.Contains(streams, s) {
			continue
		}
		s.step(now, p.voice[:])
		for i := range p.voice {
			p.voice[i] = int16(int(p.voice[i]) * (FrameSamples - i) / FrameSamples)
		}
		p.mixer.add(p.voice[:])
	}
}
