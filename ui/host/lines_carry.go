package host

import (
	"context"
	"fmt"
	"io"
	"time"

	"tring/audio"
)

// loginPatience is how long sound that came before its login waits for it.
const loginPatience = 30 * time.Second

// SoundChannel is an ssh channel that carries sound. Its ends must return, with
// an error, once the channel is closed.
type SoundChannel struct {
	Connection, Fingerprint string // of the key: "SHA256:…"
	In                      io.Reader
	Out, Err                io.Writer
	Opus                    bool // framed packets (see SoundGreeting); else raw s16le, 48 kHz, mono
	PTY                     bool // the client asked for a terminal
}

// Carry carries sound between a channel and the line that it belongs to until
// the channel is closed or ctx ends, and returns the exit code. It waits for a
// login that is yet to come for a while. Whoever calls it closes the channel
// then, which ends the goroutines that read and write it.
func (l *Lines) Carry(ctx context.Context, s SoundChannel) int {
	l.count.opened.Add(1)
	refuse := func(code int, format string, args ...any) int {
		l.count.refused.Add(1)
		_, _ = fmt.Fprintf(s.Err, "tring: "+format+"\n", args...) // who hears nothing is gone
		return code
	}
	if s.PTY {
		return refuse(exitUsage, "a terminal would mangle the sound: use `ssh -T HOST audio`, without -t")
	}
	codec := audio.Codec(audio.PCM{})
	if s.Opus {
		if codec = l.codec; codec == nil {
			return refuse(exitFailed, "this host carries no Opus; use `ssh HOST audio`, which carries raw samples")
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := newCarrier(s, codec, &l.count, l.log)
	if err := c.start(ctx); err != nil {
		return refuse(exitFailed, "%v", err)
	}
	defer c.finish()
	defer l.detach(c)
	return l.follow(ctx, c)
}

// follow keeps a channel with the line that it belongs to.
func (l *Lines) follow(ctx context.Context, c *carrier) int {
	waiting := time.NewTimer(loginPatience)
	defer waiting.Stop()
	told, had := false, false
	for {
		line, how, changed := l.attach(c)
		switch how {
		case tieBusy:
			l.count.refused.Add(1)
			c.tell("your login has sound already; end that first")
			return exitFailed
		case tieOver:
			if !had {
				c.tell("the telephone of this connection has ended; log in first")
			}
			return 0
		case tieLine:
			told, had = false, true
			waiting.Reset(loginPatience)
		case tieNone:
			if !told {
				told = true
				waiting.Reset(loginPatience)
				c.tell(waitingWords(had))
			}
		}
		select {
		case <-changed:
		case <-c.ended:
			if c.failed != "" {
				c.tell(c.failed)
				return exitFailed
			}
			return 0
		case <-ctx.Done():
			return 0
		case <-waiting.C:
			if line == nil {
				l.count.refused.Add(1)
				c.tell("no telephone of yours came; log in first")
				return exitFailed
			}
		}
	}
}

func waitingWords(had bool) string {
	if had {
		return "the telephone has ended; the sound waits for the next one"
	}
	return "no telephone of yours is here yet; the sound waits for it: `ssh HOST` on another terminal"
}
