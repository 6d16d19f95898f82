package line

import (
	"context"
	"slices"
	"strings"
	"time"

	"tring/calls"
	"tring/ui"
)

// noticeTime is how long the desktop may take to show a notification.
const noticeTime = 5 * time.Second

// setting is the value of a setting; empty where there is none.
func (c *Console) setting(key string) string {
	if c.Settings == nil {
		return ""
	}
	return strings.Join(c.Settings.Read()[key].Values, "")
}

// pushes says whether the microphone is closed until the person opens it to talk.
func (c *Console) pushes() bool { return ui.Talk(c.setting("talk")) == ui.TalkPush }

// notice lets the person notice a call as the settings say. The line itself is
// the notification: with "auto", and with "osc" for want of a terminal that could
// be trusted to know it, nothing is added but the bell.
func (c *Console) notice(ctx context.Context, text string) {
	way := ui.Notify(c.setting("notify"))
	switch {
	case way == ui.NotifyOff || way == "":
	case way == ui.NotifyNative && c.Desktop != nil:
		show, bell := c.Desktop, c.setting("bell") == "true"
		c.within(ctx, noticeTime, func(ctx context.Context) func() {
			err := show(ctx, text)
			return func() {
				if bell || err != nil {
					c.ring()
				}
			}
		})
	case way != ui.NotifyAuto, c.setting("bell") == "true":
		c.ring()
	}
}

// ring rings the terminal's bell, if there is one.
func (c *Console) ring() {
	if c.Bell {
		_, _ = c.Out.Write([]byte{'\a'}) // who cannot write has been told by the line before
	}
}

// noticeCalls notices each call that began to ring, once.
func (c *Console) noticeCalls(ctx context.Context, v calls.View) {
	var rung []calls.ID
	for _, in := range v.Incoming() {
		rung = append(rung, in.Call.ID)
		if !slices.Contains(c.party.rung, in.Call.ID) {
			c.notice(ctx, c.Language.Say("%s is calling.", peerName(v, in.Call)))
		}
	}
	c.party.rung = rung
}
