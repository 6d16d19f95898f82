package line

import (
	"context"
	"time"

	"tring/calls"
	"tring/ui"
)

// joinTime is how long joining a server may take.
const joinTime = 45 * time.Second

// guide offers the ways to begin.
func (c *Console) guide(context.Context, string) {
	if c.Guide.Join == nil {
		c.lacks()
		return
	}
	l := c.Language
	var ways []choice
	another := l.Say("Join a server")
	if v := c.Agent.Snapshot(); c.Guide.Echo == "" && v.Me.User != "" {
		c.tell("You are %s, on this server %s.", Name(v, string(v.Me.User)), v.Me.User)
		c.tell("Type l for the people here, or a number to begin elsewhere.")
		another = l.Say("Join another server")
	} else {
		c.tell("How do you want to begin? Type a number.")
	}
	if echo := c.Guide.Echo; echo != "" {
		ways = append(ways, choice{
			words:  l.Say("Try it here") + ": " + l.Say("call Echo and hear yourself; nothing to set up"),
			picked: func(ctx context.Context) { c.initiate(ctx, calls.User(echo), calls.Audio) },
		})
	}
	c.offer(true, append(ways,
		choice{words: another + ": " + l.Say("with the address and the invite that you were given"), picked: c.join},
		choice{words: l.Say("Be a server") + ": " + l.Say("two commands, for you and those you know"), picked: c.tellServing},
	), nil)
}

// welcome is the guide of the first run, in the place of the people.
func (c *Console) welcome(ctx context.Context) {
	c.guide(ctx, "")
	c.tell("Or type l for the people. Later, guide shows these ways again.")
	if seen := c.Guide.Seen; seen != nil {
		c.aside(ctx, func(context.Context) func() {
			seen()
			return func() {}
		})
	}
}

func (c *Console) tellServing(context.Context) {
	l := c.Language
	c.tell("On a machine that stays on and that the others can reach:")
	c.print("tring serve: " + l.Say("the server; it says its address and how others come to it") + ".")
	c.print("tring user add NAME: " + l.Say("on the same machine: prints an invite for one person, such as yourself") + ".")
	c.tell("Then everyone, you too, joins it with its address and an invite.")
}

// join asks for the server and the invite, which may come in one line.
func (c *Console) join(context.Context) {
	c.tell("Type the server's address, or the whole line that you were sent.")
	c.prompt = func(ctx context.Context, typed string) {
		address, invite, whole := ui.LoginLine(typed)
		switch {
		case whole:
			c.joinServer(ctx, address, invite)
			return
		case typed == "":
			c.tell("Nothing was done.")
			return
		}
		c.tell("Type the invite.")
		c.prompt = func(ctx context.Context, invite string) {
			if invite == "" {
				c.tell("Nothing was done.")
				return
			}
			c.joinServer(ctx, typed, invite)
		}
	}
}

// joinServer joins, one server at a time. Calls may come meanwhile.
func (c *Console) joinServer(ctx context.Context, address, invite string) {
	if c.joining {
		c.lacks()
		return
	}
	c.joining = true
	c.tell("Joining %s …", address)
	join := c.Guide.Join
	c.within(ctx, joinTime, func(ctx context.Context) func() {
		err := join(ctx, address, invite, func(ui.JoinStep) {})
		return func() {
			if c.joining = false; err != nil {
				c.print(c.Language.JoinFault(address, err))
				return
			}
			c.tell("You have joined. Quit and start tring again to be there.")
		}
	})
}
