// Package line is the phone as lines: JSON for scripts, and words and numbered
// choices for people without a full screen (a screen reader, a dumb terminal).
//
//	calls.Event ─► JSON    ─► {"time":…,"event":"OutgoingCallAccepted","call":{…}}
//	calls.Event ─► Words   ─► "bob answered."
//	typed line  ─► Console ─► calls.Command
//
// It refuses to know where events come from and who carries commands out. Every
// name that another person chose passes [ui.Clean] before it is printed.
//
// Nothing is redrawn: one event, one line. Console reads its input in a
// goroutine of its own, which ends when the input does; everything else runs in
// the caller's.
package line
