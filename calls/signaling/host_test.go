package signaling

import (
	"context"
	"errors"
	"sync"
	"testing"

	"tring/calls"
	"tring/calls/wire"
)

// runHost keeps a host's connection for a test; news has what it hears of it.
func runHost(t *testing.T, h *Host) (news chan error, stop context.CancelFunc, ended func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	news, result := make(chan error, 4096), make(chan error, 1)
	go func() { result <- h.Run(ctx, func(err error) { news <- err }) }()
	ended = sync.OnceValue(func() error { return <-result })
	t.Cleanup(func() { cancel(); _ = ended() })
	return news, cancel, ended
}

// answerKeys is a server that knows one key, and binds any with the invite CODE.
func answerKeys(l *line, known string) {
	for {
		f, ok := l.read()
		if !ok {
			return
		}
		bob := wire.KeyOwner{User: "bob", Name: "Bob"}
		switch m := f.Body.(type) {
		case wire.Whose:
			if m.Key == known {
				l.write(wire.Frame{Re: f.Seq, Body: bob})
				continue
			}
			l.write(wire.Frame{Re: f.Seq, Body: wire.ErrorOf(calls.ErrUnknownKey)})
		case wire.EnrolKey:
			if m.Invite == "CODE" {
				l.write(wire.Frame{Re: f.Seq, Body: bob})
				continue
			}
			l.write(wire.Frame{Re: f.Seq, Body: wire.ErrorOf(calls.ErrInviteInvalid)})
		}
	}
}

func TestHostAsksOverOneConnection(t *testing.T) {
	known, stranger := newSigner(t).PublicKey(), newSigner(t).PublicKey()
	hellos := make(chan wire.Hello, 8)
	srv := startServer(t, func(l *line) {
		if hello, ok := l.signIn(); ok {
			hellos <- hello
			answerKeys(l, authorized(known))
		}
	})
	o := optionsFor(t, srv)
	o.For = "carla" // is for the phones of people
	h, err := NewHost(o)
	if err != nil {
		t.Fatal(err)
	}
	runHost(t, h)
	bob := wire.KeyOwner{User: "bob", Name: "Bob"}
	if owner, err := h.Whose(t.Context(), known); err != nil || owner != bob { // waits for the connection
		t.Errorf("a known key: %+v, %v", owner, err)
	}
	if owner, err := h.Whose(t.Context(), stranger); !errors.Is(err, calls.ErrUnknownKey) {
		t.Errorf("an unknown key: %+v, %v", owner, err)
	}
	if owner, err := h.Enrol(t.Context(), stranger, "CODE.pin"); err != nil || owner != bob {
		t.Errorf("an invite: %+v, %v", owner, err)
	}
	for _, invite := range []string{"", " ", ".pin", "CODES"} {
		if owner, err := h.Enrol(t.Context(), stranger, invite); !errors.Is(err, calls.ErrInviteInvalid) {
			t.Errorf("the invite %q: %+v, %v", invite, owner, err)
		}
	}
	hello := <-hellos
	if hello.User != "" || hello.For != "" || hello.Kind != wire.KindTool || hello.Key != authorized(o.Signer.PublicKey()) {
		t.Errorf("the host signs in with %+v", hello)
	}
	if len(hellos) != 0 {
		t.Error("it connected more than once")
	}
}

// A question that a broken connection swallowed is asked again on the next one.
func TestHostAsksAgain(t *testing.T) {
	known := newSigner(t).PublicKey()
	var mu sync.Mutex
	swallowed := 0
	srv := startServer(t, func(l *line) {
		if _, ok := l.signIn(); !ok {
			return
		}
		mu.Lock()
		first := swallowed < 3
		swallowed++
		mu.Unlock()
		if first {
			l.read()
			return
		}
		answerKeys(l, authorized(known))
	})
	h, err := NewHost(optionsFor(t, srv))
	if err != nil {
		t.Fatal(err)
	}
	news, _, _ := runHost(t, h)
	if owner, err := h.Whose(t.Context(), known); err != nil || owner.User != "bob" {
		t.Errorf("the answer is %+v, %v", owner, err)
	}
	connected, broken := 0, 0
	for connected+broken < 7 {
		if err := <-news; err == nil {
			connected++
		} else {
			broken++
		}
	}
	if connected != 4 || broken != 3 {
		t.Errorf("it heard of %d connections and %d failures, want 4 and 3", connected, broken)
	}
}

func TestHostWithoutItsServer(t *testing.T) {
	key := newSigner(t).PublicKey()
	t.Run("nobody there", func(t *testing.T) {
		o := optionsFor(t, startServer(t, func(*line) {}))
		h, err := NewHost(o)
		if err != nil {
			t.Fatal(err)
		}
		news, _, _ := runHost(t, h)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-news; <-news; cancel() }()
		if _, err := h.Whose(ctx, key); !errors.Is(err, calls.ErrOffline) {
			t.Errorf("nobody answers: %v, want %v", err, calls.ErrOffline)
		}
	})
	t.Run("not enrolled", func(t *testing.T) {
		h, err := NewHost(optionsFor(t, startServer(t, refuse(calls.ErrSignIn))))
		if err != nil {
			t.Fatal(err)
		}
		_, _, ended := runHost(t, h)
		if _, err := h.Whose(t.Context(), key); !errors.Is(err, calls.ErrSignIn) {
			t.Errorf("a host that is refused: %v, want %v", err, calls.ErrSignIn)
		}
		if err := ended(); !errors.Is(err, calls.ErrSignIn) {
			t.Errorf("Run ended with %v", err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		h, err := NewHost(optionsFor(t, startServer(t, func(l *line) { l.signIn(); l.drain() })))
		if err != nil {
			t.Fatal(err)
		}
		news, stop, ended := runHost(t, h)
		<-news
		stop()
		if err := ended(); err != nil {
			t.Errorf("Run ended with %v", err)
		}
		if _, err := h.Whose(t.Context(), key); !errors.Is(err, calls.ErrOffline) {
			t.Errorf("a host that has stopped: %v, want %v", err, calls.ErrOffline)
		}
	})
	if _, err := NewHost(Options{URL: "ws://127.0.0.1"}); err == nil {
		t.Error("a host without a key is made")
	}
}
