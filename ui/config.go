package ui

import (
	"context"
	"time"

	"tring/audio"
	"tring/calls"
)

// Agent is the phone behind the screen. Its methods are safe for concurrent use;
// Snapshot and Levels return at once.
type Agent interface {
	Do(context.Context, calls.Command) error
	Snapshot() calls.View
	Levels() audio.Levels
	Directory(context.Context, calls.DirectoryQuery) (calls.DirectoryPage, error)
	History(context.Context, calls.HistoryFilter) (calls.HistoryPage, error)
}

// Theme says which colours to use.
type Theme string

// The themes. ThemeAuto asks the terminal for its background, and takes it to be
// dark until it answers.
const (
	ThemeAuto  Theme = "auto"
	ThemeDark  Theme = "dark"
	ThemeLight Theme = "light"
)

// Config is what a screen is made of. Only Agent and NewCallID are required.
type Config struct {
	Agent     Agent
	NewCallID func() calls.ID

	// Now is the clock, and its location the one that times of day are shown in.
	// nil is time.Now.
	Now func() time.Time
	// Stats samples the media of the current call; false if there is none. nil
	// shows no quality.
	Stats func() (calls.MediaStats, bool)
	// Recorder records the call; nil has no key for it.
	Recorder Recorder
	// Dial sends the tone of a key, a digit, * or #, to the other side. nil sends
	// none.
	Dial func(key rune)
	// Volume makes the other side louder or softer, in decibels; 0 is as it came.
	// It is called at the beginning of each call too. nil has no keys for it.
	Volume func(db float64)
	// Volumes are how loud each person was made before, by whose voice it is, and
	// KeepVolume remembers one; nil remembers it for the life of the screen only.
	Volumes    map[string]float64
	KeepVolume func(ctx context.Context, who string, db float64) error
	// Favourite tells the server, which keeps it, whether somebody is a favourite.
	// nil has no favourites to choose.
	Favourite func(ctx context.Context, who calls.Receiver, on bool) error
	// Settings are what the page of settings shows and changes, and Sounder tries
	// out the sound there; nil has no such page, or nothing to try.
	Settings Settings
	Sounder  Sounder
	// MarkSeen tells the server that the missed calls up to this one were looked
	// at. nil remembers it for the life of the screen only.
	MarkSeen func(context.Context, calls.ID) error

	// Accounts looks after the own account; nil has no room for it.
	Accounts Accounts
	// Log reads the log; nil has no room for it.
	Log LogReader
	// Guide offers the ways to begin; one that cannot Join is none.
	Guide Guide

	Banner    []string            // a few quiet lines on the first screen
	SoundNote string              // what is wrong with the sound devices, if anything
	Version   string              // shown by the help
	Theme     Theme               // empty is ThemeAuto
	Language  Language            // of the screen
	Keys      map[string][]string // in the place of the usual ones, by what they do; see CheckKeys
	Mouse     bool                // take clicks; the terminal's own marking of text then needs shift
	Motion    bool                // a pulse while ringing, meters ten times a second
	Bell      bool                // ring the terminal's bell too for an incoming call

	// Notify is how a call is noticed by somebody who looks elsewhere; empty is
	// NotifyAuto.
	Notify Notify
	// Talk is how the microphone is at the beginning of a call; empty is TalkOpen.
	Talk Talk
	// Terminal is what is known of the terminal.
	Terminal Terminal
	// Desktop shows a text on the desktop of the person who sits at the terminal;
	// nil where there is none.
	Desktop func(ctx context.Context, text string) error

	// Hosted: the phone runs on another machine, for somebody who came by ssh.
	// There is no shell to go back to, so that it is never suspended.
	Hosted bool
	// Resumable says whether there is a shell now that would let the phone go on
	// once it is suspended. nil: there is none.
	Resumable func() bool

	// Grace is how long keys do nothing after a call appeared, so that a key
	// that was on its way cannot answer it. Zero is DefaultGrace.
	Grace time.Duration
}

// DefaultGrace is a little more than the time between two fast key strokes.
const DefaultGrace = 400 * time.Millisecond

// withDefaults fills in what may be left out.
func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Grace == 0 {
		c.Grace = DefaultGrace
	}
	if c.Notify == "" {
		c.Notify = NotifyAuto
	}
	if c.Theme == "" {
		c.Theme = ThemeAuto
	}
	return c
}

// Leaving is a message: the host of the phone stops, and lets a call go on for so
// long.
type Leaving time.Duration

// SoundNote is a message that replaces Config.SoundNote: asking for the sound
// devices takes longer than the first frame may.
type SoundNote string
