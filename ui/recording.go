package ui

import (
	"context"
	"errors"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// Recorder records the call of the phone. Its methods are safe for concurrent
// use and may take their time.
type Recorder interface {
	// Record tells the others, and records the call from now on, to a file whose
	// name it returns, as a person reads it.
	Record(context.Context, calls.Call) (file string, err error)
	// StopRecording ends that, and returns the file's name; none where nothing was
	// recorded.
	StopRecording() (file string, err error)
}

// Recorded is a message: a recording has ended with its call, or by an error.
type Recorded struct {
	File string
	Err  error
}

// recordingMsg is a Recorder's answer to a key.
type recordingMsg struct {
	began bool
	file  string
	err   error
}

// toggleRecording begins to record, or ends it. While the Recorder works, the
// key does nothing.
func (m *Model) toggleRecording(held calls.CallView) tea.Cmd {
	recorder := m.cfg.Recorder
	if recorder == nil || m.recording {
		return nil
	}
	m.recording = true
	if held.Recording {
		return func() tea.Msg {
			file, err := recorder.StopRecording()
			return recordingMsg{file: file, err: err}
		}
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		file, err := recorder.Record(ctx, held.Call)
		return recordingMsg{began: true, file: file, err: err}
	}
}

// recordingDone takes the Recorder's answer.
func (m *Model) recordingDone(msg recordingMsg) tea.Cmd {
	m.recording = false
	switch {
	case msg.began && msg.err != nil && !errors.Is(msg.err, calls.ErrCallTerminated):
		m.notice = notice{m.lang.Say("Not recorded: %s", m.lang.Reason(msg.err)), true}
	case msg.began && msg.err == nil:
		m.notice = m.aboutFile(msg.file, func(file string) string { return m.lang.Say("Recording to %s", file) })
	case !msg.began:
		m.recorded(Recorded{msg.file, msg.err})
	}
	return m.refresh()
}

// recorded says where the recording is, or what it lacks.
func (m *Model) recorded(r Recorded) {
	switch {
	case r.Err != nil:
		m.notice = notice{m.lang.Say("The recording ended: %s", m.lang.Reason(r.Err)), true}
	case r.File != "":
		m.notice = m.aboutFile(r.File, func(file string) string { return m.lang.Say("Recorded in %s", file) })
	}
}

// aboutFile is a notice with a file's name, which has a row of its own where one
// row has no room for both: who copies it wants it whole.
func (m *Model) aboutFile(file string, say func(file string) string) notice {
	file = Clean(file, maxNotice)
	text := say(file)
	if ansi.StringWidth(text) > m.inner() {
		text = say("\n" + file)
	}
	return notice{text: text}
}

func (m *Model) recordKey(held calls.CallView) key.Binding {
	if held.Recording {
		return does(m.keys.Record, m.lang.Say(wordRecordNot))
	}
	return m.keys.Record
}

// recordingRow says who records the call: whoever is recorded must see it.
func (m *Model) recordingRow(c calls.CallView) string {
	w := m.inner()
	for _, p := range c.Call.Parties {
		if p.User != m.view.Me.User && p.Recording && p.State == calls.PartyJoined {
			return center(m.styles.alarm.Render(clamp(m.lang.Say("%s records this call", m.party(c.Call, p.User, w/2)), w)), w)
		}
	}
	if c.Recording {
		return center(m.styles.dim.Render(clamp(m.lang.Say("recording"), w)), w)
	}
	return ""
}
