package line

import (
	"context"
	"math"

	"tring/calls"
	"tring/ui"
)

// The rating (ITU-T G.107) below which nearly all are dissatisfied, and the one
// from which it is good enough again (G.109).
const (
	ratingBad  = 60
	ratingGood = 70
)

// complain says once that the sound has become bad, and once that it is well
// again.
func (c *Console) complain() {
	if c.Stats == nil {
		return
	}
	s, ok := c.Stats()
	switch {
	case !ok:
		c.poor = false
	case !c.poor && s.RatingLately > 0 && s.RatingLately < ratingBad:
		c.poor = true
		c.tell("The sound is bad. Type s to learn why.")
	case c.poor && s.RatingLately >= ratingGood:
		c.poor = false
		c.tell("The sound is well again.")
	}
}

// quality says how the sound of the call does.
func (c *Console) quality(_ context.Context, _ string) {
	held, ok := c.inCall()
	if !ok {
		return
	}
	l, v := c.Language, c.Agent.Snapshot()
	if held.Stage == calls.StageTalking {
		c.tell("You have talked with %s for %s.", peerName(v, held.Call), span(l, c.Now().Sub(held.Since)))
	}
	if c.Stats == nil {
		c.lacks()
		return
	}
	s, ok := c.Stats()
	if !ok {
		c.tell("There is no sound yet.")
		return
	}
	if s.RatingLately > 0 {
		c.print(rated(l, s.RatingLately))
	}
	percent := func(f float64) int { return int(math.Round(f)) }
	c.tell("Lost on the way: %d percent of their sound, %d percent of yours.", percent(s.LossPercent), percent(s.PeerLossPercent))
	c.tell("Made up: %d percent of what you heard.", percent(s.ConcealedPercent))
	if s.Delay > 0 {
		c.tell("Delay from their mouth to your ear: %d milliseconds.", s.Delay.Milliseconds())
	}
	c.tell("Sent and received: %d and %d kilobits a second.", s.BitrateSent/1000, s.BitrateReceived/1000)
	if s.Relayed {
		c.tell("The sound goes through a relay.")
	}
}

// rated is a rating in a word for each class of ITU-T G.109.
func rated(l ui.Language, rating float64) string {
	switch {
	case rating >= 80:
		return l.Say("The sound is good.")
	case rating >= 70:
		return l.Say("The sound is fair.")
	case rating >= ratingBad:
		return l.Say("The sound is poor.")
	}
	return l.Say("The sound is bad.")
}
