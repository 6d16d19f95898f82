package cli

import (
	"tring/calls"
	"tring/ui"
)

// errNoSound is the code of the Error lines about this machine's sound.
const errNoSound = "no_sound"

// listenTo begins to find out what the session's sound lacks. Asking the system
// takes a moment, in which the call may begin.
func (w *watch) listenTo(s *session) {
	if s.bellNote != "" {
		w.tellSound(s.bellNote)
	}
	switch {
	case s.soundNote != "": // the engine would say no more than that
		w.tellSound(ui.Clean("No sound: "+s.soundNote, noteWidth))
	case s.realSound:
		s.Guard.Go(func() { w.notes <- lacks() })
	default:
		w.looked, w.lacks, w.leaving = true, s.lacks, s.leaving
	}
}

// noteWidth bounds what a sound library says.
const noteWidth = 300

// lacking takes what the machine lacks.
func (w *watch) lacking(note string) {
	w.looked, w.note = true, note
	if note != "" {
		w.tellSound(note)
	}
}

// soundIsBack ends what was told of the sound.
const soundIsBack = "The sound is back."

// keepFault tells of the sound's faults during a call, each when it comes, and
// when there is none any more.
func (w *watch) keepFault(fault string) {
	fault = ui.Language{}.SoundFault(fault)
	if w.lacks != nil {
		fault = w.lacks()
	}
	switch {
	case !w.looked || fault == w.fault:
		return
	case fault != "" && !ui.Covers(w.note, fault):
		w.tellSound(fault)
	case fault == "" && w.printer.json == nil: // a script is told of errors alone
		w.tellSound(soundIsBack)
	}
	w.fault = fault
}

// tellSound says a line about the sound.
func (w *watch) tellSound(note string) {
	if w.printer.json != nil {
		w.print(calls.Event{Name: calls.Failure, Err: &calls.Error{Code: errNoSound, Text: note}})
		return
	}
	w.printer.say("%s", w.printer.words.Note(note))
}
