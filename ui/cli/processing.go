package cli

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"tring/audio"
	"tring/audio/apm"
	"tring/audio/portaudio"
	"tring/audio/speex"
	"tring/calls"
	"tring/config"
)

// processing is what cleans a phone's microphone, and who decides whether it
// cancels echo: the settings, or a guess from the devices' names that is made
// anew for each call, since people plug headphones in between. It is safe for
// concurrent use.
type processing struct {
	chain *audio.Chain
	able  bool // to cancel echo
	log   *slog.Logger

	mu      sync.Mutex
	setting string // "auto", "on", "off"
	names   func(context.Context) (microphone, speaker string)
	said    string
}

// newProcessing builds it from the settings. What this program was built without
// is left out, and said in the log.
func newProcessing(s config.Sound, names func(context.Context) (microphone, speaker string), log *slog.Logger) *processing {
	p := &processing{setting: s.Canceller, names: names, log: log}
	made := audio.Processing{HighPass: true, Level: s.Level}
	var err error
	if made.Suppressor, err = speex.NewSuppressor(); err != nil && s.Noise != "off" {
		log.Warn("audio: no noise suppression: " + err.Error())
	}
	if made.Canceller, err = apm.New(); err != nil && s.Canceller != "off" {
		log.Warn("audio: no echo canceller: " + err.Error())
	}
	made.Cancel, p.able = s.Canceller != "off", err == nil
	p.chain = audio.NewChain(made)
	p.chain.Suppress(s.Noise != "off")
	return p
}

// canCancel says whether a canceller is built in. There is none where nothing
// is cleaned.
func (p *processing) canCancel() bool { return p != nil && p.able }

// change follows other settings, also during a call.
func (p *processing) change(ctx context.Context, s config.Sound) {
	if p == nil {
		return
	}
	p.chain.Suppress(s.Noise != "off")
	p.chain.Level(s.Level)
	p.chain.Cancel(s.Canceller != "off")
	p.mu.Lock()
	p.setting = s.Canceller
	p.mu.Unlock()
	p.guess(ctx)
}

// rename follows other devices.
func (p *processing) rename(ctx context.Context, names func(context.Context) (microphone, speaker string)) {
	if p == nil {
		return
	}
	p.mu.Lock()
	p.names = names
	p.mu.Unlock()
	p.guess(ctx)
}

// guess decides, and looks around for that for as long as a guess may.
func (p *processing) guess(ctx context.Context) {
	looking, cancel := context.WithTimeout(ctx, guessTime)
	defer cancel()
	p.decide(looking)
}

// devices are the names of those in use.
func (p *processing) devices(ctx context.Context) (microphone, speaker string) {
	p.mu.Lock()
	names := p.names
	p.mu.Unlock()
	return names(ctx)
}

// decide switches the canceller, and says in words whether it works and why. To
// guess it looks what the devices are, which takes a moment.
func (p *processing) decide(ctx context.Context) string {
	p.mu.Lock()
	setting := p.setting
	p.mu.Unlock()
	wanted, why := setting == "on", "echo canceller "+setting+", as set"
	if setting == "auto" {
		guess := audio.GuessEcho(p.devices(ctx))
		p.chain.Cancel(guess.Echo)
		wanted, why = guess.Echo, guess.Why
	}
	if wanted && !p.chain.Cancels() {
		why += ", but none is built in"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if why != p.said {
		p.said = why
		p.log.Info("audio: " + why)
	}
	return why
}

// processUsage is the help of --process.
const processUsage = "clean the sound of a WAV microphone like that of a real one"

// guessTime is how long a guess may look around.
const guessTime = 2 * time.Second

// follow guesses at once, and again whenever a call begins, until ctx ends.
func (p *processing) follow(ctx context.Context, phone *Phone) {
	again := make(chan struct{}, 1)
	again <- struct{}{}
	phone.AddCallListener("processing", func(e calls.Event) {
		switch e.Name {
		case calls.Initiation, calls.IncomingCallReceived:
			select {
			case again <- struct{}{}:
			default: // it will look anyway
			}
		}
	})
	defer phone.RemoveCallListener("processing")
	for {
		select {
		case <-again:
			p.guess(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// guessEcho follows the devices of a session until ctx ends.
func (s *session) guessEcho(ctx context.Context) {
	if s.processing == nil {
		return
	}
	done := make(chan struct{})
	s.Guard.Go(func() {
		defer close(done)
		s.processing.follow(ctx, s.Phone)
	})
	s.later(func() error { <-done; return nil })
}

// deviceNames tells the real names of devices that were asked for by these, and
// empty for what nobody knows. Where the default one was asked for, the sound
// server is asked each time. Only where there is none, PortAudio is, once: it
// must not be busy when a call opens its devices.
func deviceNames(in, out string) func(context.Context) (microphone, speaker string) {
	listed := sync.OnceValues(func() (microphone, speaker string) {
		found, err := portaudio.List()
		if err != nil {
			return "", "" // the phone says elsewhere what is wrong
		}
		for _, d := range found {
			if d.DefaultInput {
				microphone = d.Name
			}
			if d.DefaultOutput {
				speaker = d.Name
			}
		}
		return microphone, speaker
	})
	return func(ctx context.Context) (string, string) {
		microphone, speaker := in, out
		if !byServer(in) && !byServer(out) {
			return microphone, speaker
		}
		source, sink, ok := askSoundServer(ctx)
		if !ok {
			source, sink = listed()
		}
		if byServer(in) {
			microphone = source
		}
		if byServer(out) {
			speaker = sink
		}
		return microphone, speaker
	}
}

// byServer tells whether a device is whatever the sound server has chosen.
func byServer(name string) bool {
	switch name {
	case "", "default", "pulse", "pipewire":
		return true
	}
	return false
}

// processing is what cleans this sound, nil for one that stays as it is: none,
// and files unless --process asked for it.
func (s soundSpec) processing(settings config.Settings, log *slog.Logger) *processing {
	switch {
	case s.kind == "default":
		names := deviceNames(cmp.Or(s.in, settings.Input), cmp.Or(s.out, settings.Output))
		return newProcessing(settings.Sound, names, log)
	case s.process:
		return newProcessing(settings.Sound, func(context.Context) (string, string) { return "wav", "wav" }, log)
	}
	return nil
}

// processor is what an engine takes; nil for none.
func (p *processing) processor() audio.Processor {
	if p == nil {
		return nil
	}
	return p.chain
}
