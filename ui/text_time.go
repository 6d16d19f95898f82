package ui

import (
	"fmt"
	"time"
)

// textClock is a duration that counts: fixed width up to an hour, and never
// negative.
func textClock(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// span is a duration that is over, as one says it.
func (l Language) span(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	switch {
	case s >= 3600 && s/60%60 == 0:
		return l.Say("%d h", s/3600)
	case s >= 3600:
		return l.Say("%d h %d min", s/3600, s/60%60)
	case s >= 60 && s%60 == 0:
		return l.Say("%d min", s/60)
	case s >= 60:
		return l.Say("%d min %d s", s/60, s%60)
	}
	return l.Say("%d s", s)
}

// day is a moment as one says it today. Full: with the time of day also
// where the day would do.
func (l Language) day(t, now time.Time, full bool) string {
	t = t.In(now.Location())
	clock := t.Format("15:04")
	days := daysBetween(t, now)
	switch {
	case days <= 0 && full:
		return l.Say("today %s", clock)
	case days <= 0:
		return clock
	case days == 1 && full:
		return l.Say("yesterday %s", clock)
	case days == 1:
		return l.Say("yesterday")
	case days < 7 && full:
		return l.Say(t.Weekday().String()[:3]) + " " + clock
	case days < 7:
		return l.Say(t.Weekday().String())
	case t.Year() == now.Year():
		return l.Say("%d %s", t.Day(), l.Say(t.Month().String()))
	}
	return l.Say("%d %s %d", t.Day(), l.Say(t.Format("Jan")), t.Year())
}

// daysBetween counts calendar days, whatever daylight saving does to their
// length.
func daysBetween(t, now time.Time) int {
	midnight := func(t time.Time) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(now).Sub(midnight(t)) / (24 * time.Hour))
}
