package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/audio"
)

// trial is what the page tries out now.
type trial string

const (
	trialNone      trial = ""
	trialListening trial = "listening" // the meter shows the microphone
	trialRecording trial = "recording"
	trialPlaying   trial = "playing"
	trialRinging   trial = "ringing"
)

const (
	trialTime   = 3 * time.Second
	listenMost  = 5 * time.Minute // who forgets it has not left the microphone on
	trialGrace  = 20 * time.Second
	devicesTime = 10 * time.Second
)

type devicesMsg struct {
	devices SoundDevices
	err     error
}

// heardMsg says that the microphone was listened to, triedMsg that a sound was
// played; run is the trial's number.
type heardMsg struct {
	run   int
	heard audio.Recording
	err   error
}

type triedMsg struct {
	run int
	err error
}

// look asks what devices there are.
func (r *settingsRoom) look(m *Model) tea.Cmd {
	sounder := m.cfg.Sounder
	if sounder == nil {
		return nil
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), devicesTime)
		defer cancel()
		devices, err := sounder.Devices(ctx)
		return devicesMsg{devices, err}
	}
}

// try begins a trial, or ends the one that runs.
func (r *settingsRoom) try(m *Model, how way) tea.Cmd {
	was := r.trial
	r.end()
	switch {
	case was == trialOf(how) || was == trialPlaying && how == byTest:
		return nil
	case len(m.view.Calls) > 0:
		m.notice = notice{text: m.lang.Say(textSetNotInCall)}
		return nil
	}
	r.trial, r.heard, r.fault = trialOf(how), audio.Recording{}, ""
	sounder := m.cfg.Sounder
	switch how {
	case byListening:
		return r.run(listenMost+trialGrace, func(ctx context.Context, run int) tea.Msg {
			heard, err := sounder.Hear(ctx, listenMost)
			return heardMsg{run, heard, err}
		})
	case byTest:
		return r.run(trialTime+trialGrace, func(ctx context.Context, run int) tea.Msg {
			heard, err := sounder.Hear(ctx, trialTime)
			return heardMsg{run, heard, err}
		})
	case byRinging, byChoice, bySteps, byDevice, byText, byKey:
	}
	return r.run(trialGrace, func(ctx context.Context, run int) tea.Msg { return triedMsg{run, sounder.Ring(ctx)} })
}

func trialOf(how way) trial {
	switch how {
	case byListening:
		return trialListening
	case byTest:
		return trialRecording
	case byRinging, byChoice, bySteps, byDevice, byText, byKey:
	}
	return trialRinging
}

// run makes a command of a trial, which end ends.
func (r *settingsRoom) run(most time.Duration, do func(context.Context, int) tea.Msg) tea.Cmd {
	r.runs++
	ctx, cancel := context.WithTimeout(context.Background(), most)
	r.stop = cancel
	run := r.runs
	return func() tea.Msg { return do(ctx, run) }
}

// end ends the trial that runs.
func (r *settingsRoom) end() {
	if r.stop != nil {
		r.stop()
	}
	r.stop, r.trial, r.level = nil, trialNone, newMeter()
}

// tick shows the microphone's level. A call needs the devices: it ends a trial.
func (r *settingsRoom) tick(m *Model) {
	switch {
	case r.stop != nil && len(m.view.Calls) > 0:
		r.end()
	case r.trial == trialListening || r.trial == trialRecording:
		r.level.take(m.cfg.Sounder.Level(), m.now(), m.cfg.Motion)
	}
}

// pace is how often the page moves.
func (r *settingsRoom) pace(m *Model) (time.Duration, bool) {
	switch {
	case r.trial == trialNone && !r.over(m):
		return 0, false
	case !m.cfg.Motion:
		return clockTick, true
	}
	return meterTick, true
}

// wasHeard takes what a microphone gave, and plays it back for a test.
func (r *settingsRoom) wasHeard(m *Model, msg heardMsg) tea.Cmd {
	if msg.run != r.runs || r.stop == nil {
		return nil
	}
	test := r.trial == trialRecording
	r.end()
	r.fault = ""
	if msg.err != nil {
		r.fault = m.lang.soundTrouble(msg.err)
	}
	if !test || msg.err != nil {
		return nil
	}
	r.heard, r.trial = msg.heard, trialPlaying
	sounder := m.cfg.Sounder
	return r.run(trialTime+trialGrace, func(ctx context.Context, run int) tea.Msg { return triedMsg{run, sounder.PlayBack(ctx)} })
}

func (r *settingsRoom) wasTried(m *Model, msg triedMsg) {
	if msg.run != r.runs || r.stop == nil {
		return
	}
	r.end()
	if msg.err != nil {
		r.fault = m.lang.soundTrouble(msg.err)
	}
}

// soundTrouble is what a trial of the sound failed by.
func (l Language) soundTrouble(err error) string {
	if words := l.SoundFault(err.Error()); words != "" {
		return words
	}
	return l.Reason(err)
}

// guess is whether "auto" cancels echo, and why.
func (r *settingsRoom) guess(m *Model) string {
	d := r.devices
	if m.cfg.Sounder == nil || !r.looked || r.failed != nil {
		return ""
	}
	if !d.Canceller {
		return m.lang.Say(textSetNoCanceller)
	}
	if m.preferences.value("audio.canceller") != "auto" {
		return ""
	}
	echo := audio.GuessEcho(d.Hears, d.Plays).Echo
	switch {
	case d.Plays == "" && echo:
		return m.lang.Say(textSetGuessOn)
	case d.Plays == "":
		return m.lang.Say(textSetGuessOff)
	case echo:
		return m.lang.Say("On now: “%s” sounds into the room.", Clean(d.Plays, nameLimit))
	}
	return m.lang.Say("Off now: “%s” sounds into ears.", Clean(d.Plays, nameLimit))
}

// verdict is what was heard of a microphone, in a word.
func (l Language) verdict(v audio.Verdict) string {
	switch v {
	case audio.Good:
		return l.Say("good")
	case audio.TooQuiet:
		return l.Say("too quiet")
	case audio.Clipping:
		return l.Say("too loud")
	case audio.NoSignal:
	}
	return l.Say("no signal")
}

// advice is what to do about it, or how good it is.
func (l Language) advice(r audio.Recording) string {
	switch r.Verdict {
	case audio.TooQuiet:
		return l.Say(textSetTooQuiet)
	case audio.Clipping:
		return l.Say(textSetTooLoud)
	case audio.NoSignal:
		return l.Say(textSetNoSignal)
	case audio.Good:
	}
	return l.Say("Your voice was at %.0f dB, the room at %.0f dB.", r.Speech, r.Noise)
}
