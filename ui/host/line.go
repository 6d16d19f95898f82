package host

import "tring/audio"

// Line is the sound of one login: an audio.Device whose microphone is silent and
// whose speaker is heard by nobody while no sound channel is attached. The
// methods are safe for concurrent use.
type Line struct{}

var _ audio.Device = (*Line)(nil)

// Attached tells whether a sound channel is attached.
func (l *Line) Attached() bool { return false }

// Watch calls f whenever a sound channel was attached or is gone, until stop is
// called. It does not call f for what is already so. f must not block.
func (l *Line) Watch(f func(attached bool)) (stop func()) { return func() {} }

// Fault is what is wrong with the devices at the person's end, in one line, as
// far as that end tells; empty is nothing. Whoever watches is called when it
// changes.
func (l *Line) Fault() string { return "" }

// Describe is one line for people.
func (l *Line) Describe() string { return "" }

// OpenSource opens what the person says.
func (l *Line) OpenSource() (audio.SourceCloser, error) { return nil, nil }

// OpenSink opens what the person hears.
func (l *Line) OpenSink() (audio.SinkCloser, error) { return nil, nil }

// Close is for the end of the login.
func (l *Line) Close() error { return nil }
