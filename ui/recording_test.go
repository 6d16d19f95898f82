package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// taper is a Recorder over the telephone of the tests.
type taper struct {
	tel    *telephone
	refuse error
	file   string
}

func (r *taper) Record(ctx context.Context, c calls.Call) (string, error) {
	if r.refuse != nil {
		return "", r.refuse
	}
	r.file = "/home/ada/bob.opus"
	return r.file, r.tel.Do(ctx, calls.Command{Call: c.ID, Act: calls.SetRecording{On: true}})
}

func (r *taper) StopRecording() (string, error) {
	held, _ := r.tel.Snapshot().Held()
	return r.file, r.tel.Do(context.Background(), calls.Command{Call: held.Call.ID, Act: calls.SetRecording{}})
}

// atRecordingDesk runs a test at a desk in a call, with a recorder.
func atRecordingDesk(t *testing.T, test func(*desk, *taper)) {
	t.Helper()
	atSmallDesk(t, 80, 24, Language{}, TalkOpen, func(d *desk) {
		d.talk()
		test(d, d.model.cfg.Recorder.(*taper))
	})
}

func TestRecord(t *testing.T) {
	atRecordingDesk(t, func(d *desk, _ *taper) {
		d.reads("R record")
		d.press("R")
		d.reads("Recording to /home/ada/bob.opus", "R stop recording", "recording")
		d.pass(time.Second)
		d.press("R")
		d.reads("Recorded in /home/ada/bob.opus", "R record")
		d.did("record", "record")
	})
}

// A file's name is not broken where a row of its own holds it.
func TestTheFileHasARowOfItsOwn(t *testing.T) {
	atRecordingDesk(t, func(d *desk, _ *taper) {
		const file = "~/.local/share/tring/recordings/2000-01-01_00.00.00_bob.opus"
		d.resize(68, 24)
		d.tell(Recorded{File: file})
		rows := strings.Split(d.screen(), "\n")
		if !slices.ContainsFunc(rows, func(row string) bool { return strings.TrimSpace(row) == file }) {
			t.Errorf("the name stands in no row alone:\n%s", d.screen())
		}
		d.reads("Recorded in " + file)
	})
}

// The key is not shown and does nothing where nothing can record.
func TestNoRecorder(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.press("R")
		d.lacks("record")
		d.did()
		d.press("?")
		d.lacks("record")
	})
}

func TestTheOtherSideRecords(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.talk()
		d.lacks("records this call")
		d.tel.act(testCall, "bob", "laptop", calls.SetRecording{On: true})
		d.settle()
		d.reads("Bob Okafor records this call")
		d.tel.stats = calls.MediaStats{LossPercent: 8.2, ConcealedLately: 7}
		d.pass(2 * time.Second)
		d.reads("Bob Okafor records this call")
		d.tel.act(testCall, "bob", "laptop", calls.SetRecording{})
		d.settle()
		d.lacks("records this call")
	})
}

func TestRecordingTrouble(t *testing.T) {
	atRecordingDesk(t, func(d *desk, r *taper) {
		r.refuse = errors.New("no space left on device\x1b[2J")
		d.press("R")
		d.reads("Not recorded: no space left on device", "R record")
		r.refuse = nil
		d.press("R")
		d.reads("Recording to")
		d.tell(Recorded{Err: errors.New("write recording: no space left on device")})
		d.reads("The recording ended: write recording: no space left on device")
		d.tell(Recorded{File: "/home/ada/bob.opus"})
		d.reads("Recorded in /home/ada/bob.opus")
	})
}

// In a call the digits are a telephone's.
func TestDigitsInACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialled := ""
		d := newDesk(t, 80, 24, Config{Theme: ThemeDark, Dial: func(key rune) { dialled += string(key) }})
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		press := func(keys string) {
			for _, r := range keys {
				d.tell(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		}
		press("1")
		d.talk()
		press("0*9#x")
		if dialled != "0*9#" {
			t.Errorf("dialled %q in a call", dialled)
		}
	})
}
