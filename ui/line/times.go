package line

import (
	"time"

	"tring/ui"
)

// Times are said in whole words: a screen reader spells abbreviations.

// span is a duration: "1 second", "4 minutes 10 seconds".
func span(l ui.Language, d time.Duration) string {
	s := int(max(d, 0).Round(time.Second) / time.Second)
	switch {
	case s >= 3600:
		return two(hours(l, s/3600), s/60%60, minutes(l, s/60%60))
	case s >= 60:
		return two(minutes(l, s/60), s%60, seconds(l, s%60))
	}
	return seconds(l, s)
}

// two joins the lesser unit, where there is any of it.
func two(greater string, n int, lesser string) string {
	if n == 0 {
		return greater
	}
	return greater + " " + lesser
}

func hours(l ui.Language, n int) string {
	if n == 1 {
		return l.Say("1 hour")
	}
	return l.Say("%d hours", n)
}

func minutes(l ui.Language, n int) string {
	if n == 1 {
		return l.Say("1 minute")
	}
	return l.Say("%d minutes", n)
}

func seconds(l ui.Language, n int) string {
	if n == 1 {
		return l.Say("1 second")
	}
	return l.Say("%d seconds", n)
}

// day is a moment as one says it at the time now, in whose location it is.
func day(l ui.Language, t, now time.Time) string {
	t = t.In(now.Location())
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	clock := t.Format("15:04")
	switch days := int(midnight(now).Sub(midnight(t)) / (24 * time.Hour)); {
	case days <= 0:
		return l.Say("today at %s", clock)
	case days == 1:
		return l.Say("yesterday at %s", clock)
	case days < 7:
		return l.Say("%s at %s", l.Say(t.Weekday().String()), clock)
	}
	month := l.Say(t.Month().String())
	if t.Year() == now.Year() {
		return l.Say("%d %s at %s", t.Day(), month, clock)
	}
	return l.Say("%d %s %d", t.Day(), month, t.Year())
}
