// Package ui is the screen of the telephone: one Bubble Tea model, a file per
// screen.
//
// It refuses to know about networks, servers, codecs and sound devices. What it
// knows of the world is the [Agent] and the values of package calls. It starts
// no goroutine: Bubble Tea calls Update and View in one goroutine, Update never
// waits, and whatever may take time is a command that talks to the Agent with a
// deadline and comes back as a message.
//
//	key ─► Update ─► command ─► Agent.Do
//	                                │
//	calls.Event ─► Update ─► Agent.Snapshot ─► View
//	      ▲
//	      └── the wiring: agent.AddCallListener("screen", func(e calls.Event) { program.Send(e) })
//
// An event is a nudge: the model reads the whole snapshot on each, so that what
// it shows is never older than what it was told. Sound levels and statistics are
// sampled by a tick that runs only while something moves; an idle telephone
// writes nothing to the terminal.
//
// Beside the picture there is what makes a person look at it: see [Notify] and
// [Terminal]. What is done is decided by a pure function of the setting, of what
// is known of the terminal, and of where the person looks; it is written as a
// command, or asked of the desktop by a function of the [Config].
//
// Every string that came from outside passes [Clean] before it is drawn. The words
// for people are English in text*.go, and another language is a table by those: see
// [Language]. All colours stand in style.go, all keys in keys.go. There is no package-level state: any number of screens run in one
// process.
package ui
