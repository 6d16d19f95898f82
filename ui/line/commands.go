package line

import (
	"context"
	"strings"

	"tring/calls"
	"tring/ui"
)

// moment is when a command is of use.
type moment string

const (
	textMomentCalls   moment = "Calls"
	textMomentRinging moment = "When somebody calls"
	textMomentInCall  moment = "In a call"
	textMomentPhone   moment = "The phone"
)

// command is one word of a person. Its first letter or sign and the word mean the
// same; the word also in the person's language.
type command struct {
	letter string
	word   string
	moment moment
	help   string
	do     func(c *Console, ctx context.Context, rest string) // nil quits
}

// commands are all there are, in the order of the help.
func commands() []command {
	return []command{
		{"l", "people", textMomentCalls, "people; l and a part of a name searches", (*Console).list},
		{"t", "recent", textMomentCalls, "recent calls; t missed, t in and t out are some of them", (*Console).recent},
		{"n", "more", textMomentCalls, "more of the list", (*Console).next},
		{"c", "call", textMomentCalls, "call a number of the list, or a name; without c, too", (*Console).call},
		{"v", "video", textMomentCalls, "call with video", (*Console).video},
		{"i", "info", textMomentCalls, "more about a number of the list", (*Console).info},
		{"f", "favourite", textMomentCalls, "make a number of the list a favourite", (*Console).favourite},
		{"", "unfavourite", textMomentCalls, "put them back among the others", (*Console).unfavourite},
		{"", "block", textMomentCalls, "block a number of the list: their calls ring nowhere", (*Console).block},
		{"", "unblock", textMomentCalls, "lift that", (*Console).unblock},
		{"a", "accept", textMomentRinging, "accept; with a number where several call", (*Console).accept},
		{"r", "reject", textMomentRinging, "reject", (*Console).reject},
		{"b", "busy", textMomentRinging, "say that you are busy", (*Console).busy},
		{"h", "hangup", textMomentInCall, "hang up, or stop calling", (*Console).hangUp},
		{"x", "stop", textMomentInCall, "the same", (*Console).hangUp},
		{"m", "mute", textMomentInCall, "mute and unmute your microphone", (*Console).mute},
		{"T", "talk", textMomentInCall, "open your microphone to talk, and close it; talk on and talk off do one of both", (*Console).talk},
		{"+", "louder", textMomentInCall, "make the other side louder", (*Console).louder},
		{"-", "softer", textMomentInCall, "make the other side softer", (*Console).softer},
		{"k", "key", textMomentInCall, "send the tone of a key: k 5", (*Console).press},
		{"R", "record", textMomentInCall, "record the call, and end that; they are told", (*Console).record},
		{"s", "sound", textMomentInCall, "how the sound does", (*Console).quality},
		{"p", "presence", textMomentPhone, "whether you can be reached; p online, p away and p dnd set it", (*Console).reach},
		{"o", "settings", textMomentPhone, "settings of this phone", (*Console).settle},
		{"", "account", textMomentPhone, "your account and its phones", (*Console).account},
		{"", "guide", textMomentPhone, "the ways to begin", (*Console).guide},
		{"", "log", textMomentPhone, "what went wrong", (*Console).log},
		{"?", "help", textMomentPhone, "what is of use now; ? all for everything", (*Console).help},
		{"q", "quit", textMomentPhone, "quit, and hang up", nil},
	}
}

func (cmd command) named(l ui.Language, typed string) bool {
	return typed == cmd.letter && typed != "" || strings.EqualFold(typed, cmd.word) || strings.EqualFold(typed, l.Say(cmd.word))
}

// help explains the commands of this moment, or all.
func (c *Console) help(_ context.Context, which string) {
	l := c.Language
	all := which == "all" || which == l.Say("all")
	moments := c.moments()
	if !all {
		c.tell("A number or a name calls.")
	}
	for _, m := range []moment{textMomentCalls, textMomentRinging, textMomentInCall, textMomentPhone} {
		if !all && !moments[m] {
			continue
		}
		c.print(l.Say(string(m)) + ":")
		for _, cmd := range commands() {
			if cmd.moment == m {
				c.print(cmd.explained(l))
			}
		}
	}
	if !all {
		c.tell("Type ? all for everything.")
	}
}

func (cmd command) explained(l ui.Language) string {
	name := l.Say(cmd.word)
	if cmd.letter != "" {
		name = cmd.letter + l.Say(" or ") + name
	}
	return name + ": " + l.Say(cmd.help) + "."
}

// moments are those that a person is in now.
func (c *Console) moments() map[moment]bool {
	v := c.Agent.Snapshot()
	_, held := v.Held()
	ringing := len(v.Incoming()) > 0
	_, answering := v.Answering()
	return map[moment]bool{
		textMomentInCall: held || answering, textMomentRinging: ringing,
		textMomentCalls: !held && !ringing && !answering,
		textMomentPhone: v.Link != calls.LinkUp || !held && !ringing,
	}
}
