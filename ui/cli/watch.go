package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tring/calls"
	"tring/ui"
	"tring/ui/line"
)

// printer tells of events: as JSON on stdout, or in words on stderr.
type printer struct {
	json  *line.JSON
	say   func(format string, args ...any)
	words ui.Language
}

func (a *app) printer(asJSON bool, l ui.Language) printer {
	p := printer{say: a.say, words: l}
	if asJSON {
		p.json = line.NewJSON(a.out, time.Now)
	}
	return p
}

// event tells an event; media, which may be nil, is for the end of a call.
func (p printer) event(e calls.Event, v calls.View, media *calls.MediaStats) error {
	if p.json != nil {
		return p.json.Event(e, v.Link, media)
	}
	if words := line.Words(p.words, e, v); words != "" {
		p.say("%s", words)
	}
	return nil
}

// watch follows a phone's events for a command without a screen. One goroutine
// uses it.
type watch struct {
	phone   *Phone
	printer printer
	events  chan calls.Event
	talk    time.Duration
	timer   *time.Timer // runs out when the call has lasted long enough
	sample  *time.Ticker
	samples int
	last    calls.MediaStats     // the newest sample
	lastOf  calls.Call           // of this call
	fresh   bool                 // it was not printed yet
	link    calls.Link           // the last one told
	notes   chan string          // what the machine lacks, once it is known
	looked  bool                 // it is known
	leaving <-chan time.Duration // tells that the login's host stops
	lacks   func() string        // what a login's line lacks; nil on a machine of one's own
	note    string               // what it lacks
	fault   string               // of the sound, the last one told
	overdue <-chan time.Time     // after a hang-up that the phone did not confirm
	err     error                // the output is gone
	done    chan struct{}

	recorder   *recorder // nil: nothing is recorded
	recordPath string
	recordings chan recorded
}

func newWatch(p *Phone, talk time.Duration, out printer) *watch {
	w := &watch{
		phone: p, printer: out, talk: talk,
		events: make(chan calls.Event), done: make(chan struct{}), notes: make(chan string, 1), sample: time.NewTicker(sampleEvery),
	}
	// The listener's own queue is the buffer; it only has to let go at the end.
	p.AddCallListener("command", func(e calls.Event) {
		select {
		case w.events <- e:
		case <-w.done:
		}
	})
	return w
}

func (w *watch) close() {
	w.endRecording()
	close(w.done)
	w.phone.RemoveCallListener("command")
	w.sample.Stop()
	if w.timer != nil {
		w.timer.Stop()
	}
}

// print tells an event; of the connection only what is new, not each try.
func (w *watch) print(e calls.Event) {
	v := w.phone.Snapshot()
	if e.Name == calls.ConnectionChanged {
		if v.Link == w.link {
			return
		}
		w.link = v.Link
	}
	var media *calls.MediaStats
	if e.Call.ID == w.lastOf.ID && e.Call.ID != "" && e.Call.Status.Terminal() {
		media = &w.last
	}
	if err := w.printer.event(e, v, media); err != nil && w.err == nil {
		w.err = err
	}
}

// startTalk begins the time of --for.
func (w *watch) startTalk() {
	if w.talk > 0 {
		w.timer = time.NewTimer(w.talk)
	}
}

// talked is ready when the time of --for is over.
func (w *watch) talked() <-chan time.Time {
	if w.timer == nil {
		return nil
	}
	return w.timer.C
}

// hangUp ends the call, or cancels it while it rings. The phone tells of the end
// by an event.
func (w *watch) hangUp(id calls.ID, answered bool) error {
	var act calls.Act = calls.Reject{Status: calls.Cancelled}
	if answered {
		act = calls.End{}
	}
	w.overdue = time.After(answerPatience)
	err := w.phone.Do(context.Background(), calls.Command{Call: id, Act: act})
	if err != nil && !errors.Is(err, calls.ErrCallNotFound) { // it ended in the same instant
		return fmt.Errorf("hang up: %w", err)
	}
	return nil
}

// keepStats samples the media of the current call, and prints a sample every
// statsEvery: only in JSON, a person is not asked to read it.
func (w *watch) keepStats() {
	held, ok := w.phone.Snapshot().Held()
	if !ok {
		return
	}
	w.keepFault(w.phone.Levels().Fault)
	if s, ok := w.phone.Stats(); ok {
		w.last, w.lastOf, w.fresh = s, held.Call, true
		if w.samples++; w.samples%(int(statsEvery/sampleEvery)) == 0 {
			w.printStats()
		}
	}
}

// printStats prints the newest sample, once.
func (w *watch) printStats() {
	if w.printer.json == nil || !w.fresh {
		return
	}
	if err := w.printer.json.Stats(w.lastOf, w.last); err != nil && w.err == nil {
		w.err = err
	}
	w.fresh = false
}
