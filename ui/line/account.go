package line

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"tring/calls"
	"tring/ui"
)

// reach lists what others may see of whether one can be reached, or sets what is
// named.
func (c *Console) reach(ctx context.Context, which string) {
	v, l := c.Agent.Snapshot(), c.Language
	if c.Server == nil {
		c.lacks()
		return
	}
	if which != "" {
		c.reachAs(ctx, which)
		return
	}
	now := v.Settings.Presence
	if now == "" {
		now = calls.Online
	}
	c.tell("You are: %s.", l.Presence(now))
	set := func(words string, s calls.Settings) choice {
		return choice{words: words, picked: func(ctx context.Context) { c.setAccount(ctx, words, s) }}
	}
	c.offer(true, []choice{
		set(l.Presence(calls.Online), calls.Settings{Presence: calls.Online}),
		set(l.Presence(calls.Away), calls.Settings{Presence: calls.Away}),
		set(l.Presence(calls.DND), calls.Settings{Presence: calls.DND}),
		set(l.Say("a second caller rings"), calls.Settings{WhenBusy: calls.Ask}),
		set(l.Say("a second caller hears that you are busy"), calls.Settings{WhenBusy: calls.AnswerBusy}),
	}, nil)
}

// reachAs sets what is named, as people and as scripts call it.
func (c *Console) reachAs(ctx context.Context, which string) {
	for _, p := range []calls.Presence{calls.Online, calls.Away, calls.DND} {
		words := c.Language.Presence(p)
		if strings.EqualFold(which, words) || strings.EqualFold(which, string(p)) || strings.EqualFold(which, ui.Language{}.Presence(p)) {
			c.setAccount(ctx, words, calls.Settings{Presence: p})
			return
		}
	}
	c.tell("Type p, or p with one of: online, away, dnd.")
}

func (c *Console) setAccount(ctx context.Context, words string, s calls.Settings) {
	ask(ctx, c, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.Server.SetAccount(ctx, s) },
		func(struct{}) { c.tell("Set: %s.", words) })
}

// account says who one is here, and lists the account's phones.
func (c *Console) account(ctx context.Context, _ string) {
	if c.Accounts == nil {
		c.lacks()
		return
	}
	ask(ctx, c, c.Accounts.Own, func(own ui.OwnAccount) {
		v := c.Agent.Snapshot()
		c.tell("You are %s, on this server %s.", Name(v, string(v.Me.User)), v.Me.User)
		c.tell("Server: %s", own.Server)
		c.tell("Key: %s", own.Fingerprint)
		if own.KeyFile != "" {
			c.tell("It is in %s", own.KeyFile)
		}
		ask(ctx, c, c.Accounts.Phones, func(phones []calls.PhoneInfo) { c.offerAccount(own, phones) })
	})
}

// offerAccount lists the phones, and after them the other accounts of this
// machine.
func (c *Console) offerAccount(own ui.OwnAccount, phones []calls.PhoneInfo) {
	c.tell("Phones of this account: %d. The number of one signs it out.", len(phones))
	var page []choice
	for _, p := range phones {
		page = append(page, c.phoneChoice(p))
	}
	for _, other := range own.Saved {
		if !other.InUse {
			page = append(page, c.otherChoice(other))
		}
	}
	c.offer(true, page, nil)
}

func (c *Console) otherChoice(a ui.SavedAccount) choice {
	words := c.Language.Say("another account: %s on %s", a.User, a.Server)
	return choice{words: words, picked: func(ctx context.Context) {
		ask(ctx, c, func(ctx context.Context) (struct{}, error) { return struct{}{}, c.Accounts.Use(ctx, a) },
			func(struct{}) { c.tell("Quit and start tring again to be %s.", a.User) })
	}}
}

func (c *Console) phoneChoice(p calls.PhoneInfo) choice {
	l, label := c.Language, labels([]string{p.Device.Label})
	words := label + ", " + l.Say("offline")
	switch {
	case p.This:
		words = label + ", " + l.Say("this one")
	case p.Online:
		words = label + ", " + l.Say("online")
	case !p.LastSeen.IsZero():
		words = label + ", " + l.Say("last seen %s", day(l, p.LastSeen, c.Now()))
	}
	return choice{words: words, picked: func(context.Context) {
		if p.This {
			c.tell("That is this phone; type q to quit.")
			return
		}
		c.tell("Sign %s out for good? Type yes or no.", label)
		c.prompt = func(ctx context.Context, answer string) {
			if answer != "yes" && answer != c.Language.Say("yes") {
				c.tell("Nothing was done.")
				return
			}
			ask(ctx, c, func(ctx context.Context) (struct{}, error) {
				return struct{}{}, c.Accounts.RemovePhone(ctx, p.Device.ID)
			}, func(struct{}) { c.tell("%s is signed out.", label) })
		}
	}}
}

// logTold is how many lines of the log are read out.
const logTold = 10

// log says what went wrong lately.
func (c *Console) log(ctx context.Context, _ string) {
	if c.Log == nil {
		c.lacks()
		return
	}
	ask(ctx, c, func(ctx context.Context) (ui.LogPage, error) { return c.Log(ctx, -1) }, func(page ui.LogPage) {
		bad := slices.DeleteFunc(page.Lines, func(l ui.LogLine) bool { return l.Level < slog.LevelWarn })
		if len(bad) == 0 {
			c.tell("Nothing went wrong lately.")
		}
		for _, l := range bad[max(len(bad)-logTold, 0):] {
			words := ui.Clean(l.Text, reasonWidth)
			if !l.At.IsZero() {
				words += ", " + day(c.Language, l.At, c.Now())
			}
			c.print(words)
		}
		if page.Path != "" {
			c.tell("The log is %s", page.Path)
		}
	})
}
