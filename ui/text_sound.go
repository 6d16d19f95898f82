package ui

import "tring/calls"

// quality says what is bad about the sound; nothing while it is good.
func (l Language) quality(q quality) string {
	switch q.what {
	case complaintNone:
	case complaintLoss:
		return l.Say("the network loses %d %% of their sound", q.loss)
	case complaintUneven:
		return l.Say("the network carries their sound unevenly")
	case complaintTheirs:
		return l.Say("the network loses %d %% of your sound", q.loss)
	case complaintDelay:
		return l.Say("the sound is %.1f s late", q.delay.Seconds())
	}
	return ""
}

// heard says how a call that is over sounded, in one word for each class of
// ITU-T G.109; nothing where that is not known.
func (l Language) heard(s calls.MediaStats) string {
	word := ""
	switch {
	case s.Rating == 0:
		return ""
	case s.Rating >= 80:
		word = l.Say("good sound")
	case s.Rating >= 70:
		word = l.Say("fair sound")
	case s.Rating >= 60:
		word = l.Say("poor sound")
	default:
		word = l.Say("bad sound")
	}
	if lost := percent(s.ConcealedPercent); lost > 0 {
		return l.Say("%s, %d %% of it lost", word, lost)
	}
	return word
}
