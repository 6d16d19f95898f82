package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tring/calls"
	"tring/ui"
	"tring/ui/line"
)

// onlooker is the watch of a command, and what it said.
func onlooker(t *testing.T, asJSON bool) (w *watch, said func() []string) {
	t.Helper()
	h := newHouse(t)
	var lines []string
	var out strings.Builder
	p := printer{say: func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }}
	if asJSON {
		p.json = line.NewJSON(&out, time.Now)
	}
	w = newWatch(h.phone("ann", "Ann"), 0, p)
	t.Cleanup(w.close)
	return w, func() []string {
		all := append(lines, strings.Split(strings.TrimSpace(out.String()), "\n")...)
		lines = nil
		out.Reset()
		return slices.DeleteFunc(all, func(l string) bool { return l == "" })
	}
}

const lostMic = "no microphone: open default microphone: no microphone found: plug one in, or start the sound server"

// What is wrong with the sound is said once, when it comes, and not again by the
// engine if the machine was said to lack it.
func TestSoundFaultsAreTold(t *testing.T) {
	w, said := onlooker(t, false)
	tells := func(what string, want ...string) {
		t.Helper()
		if got := said(); !slices.Equal(got, want) {
			t.Errorf("%s: said %q, want %q", what, got, want)
		}
	}
	w.keepFault(lostMic)
	tells("before the machine was asked")
	w.lacking("")
	w.keepFault(lostMic)
	w.keepFault(lostMic)
	tells("a microphone is lost", ui.NoMicrophone)
	w.keepFault("")
	w.keepFault("")
	tells("it works again", soundIsBack)
	w.keepFault(lostMic)
	tells("it is lost again", ui.NoMicrophone)
	w.keepFault("")
	tells("and works again", soundIsBack)
	w.lacking(ui.NoSound)
	w.keepFault(lostMic)
	tells("a machine without devices", ui.NoSound)
	w.keepFault("speaker lost: it has stopped moving sound")
	tells("something else", "Speaker lost: it has stopped moving sound.")
}

// Somebody who came by ssh is told in his language, too.
func TestSoundFaultsAreToldInALanguage(t *testing.T) {
	w, said := onlooker(t, false)
	w.printer.words = ui.LanguageOf("de", func(string) string { return "" })
	lacks := ui.NoLine
	w.looked, w.lacks = true, func() string { return lacks }
	w.keepFault("")
	lacks = ""
	w.keepFault("")
	want := []string{"Kein Ton: mit  tring ssh HOST  anmelden, oder dazu  ssh HOST audio.", "Der Ton ist wieder da."}
	if got := said(); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
}

func TestSoundFaultsAreToldToScripts(t *testing.T) {
	w, said := onlooker(t, true)
	w.lacking(ui.NoMicrophone)
	if got := said(); len(got) != 1 || !strings.Contains(got[0], `"event":"Error","error":{"code":"no_sound","text":"No microphone found`) {
		t.Errorf("said %q", got)
	}
}

// A phone that tries again and again says once that there is no connection.
func TestTheConnectionIsToldWhenItChanges(t *testing.T) {
	w, said := onlooker(t, false)
	for range 3 {
		w.print(calls.Event{Name: calls.ConnectionChanged})
	}
	if got := said(); !slices.Equal(got, []string{"Connected to the server as Ann."}) {
		t.Errorf("said %q", got)
	}
}

// The line that says that a call is over has its media's statistics, also when a
// sample was printed a moment before; that of another call has not.
func TestTheEndHasTheStatistics(t *testing.T) {
	w, said := onlooker(t, true)
	c := calls.Call{ID: "01J", Status: calls.Ongoing, Initiator: "ann", Receiver: calls.User("bob")}
	w.last, w.lastOf, w.fresh = calls.MediaStats{Received: 49, MOS: 4.2}, c, true
	w.printStats()
	w.printStats()
	c.Status = calls.Ended
	other := c
	other.ID = "01K"
	w.print(calls.Event{Name: calls.CallEnded, Call: other})
	w.print(calls.Event{Name: calls.CallEnded, Call: c})
	got := said()
	if len(got) != 3 || !strings.Contains(got[0], `"event":"Stats"`) || strings.Contains(got[1], `"stats"`) {
		t.Fatalf("said %q", got)
	}
	if !strings.Contains(got[2], `"received":49`) || !strings.Contains(got[2], `"estimated_mos":4.2`) {
		t.Errorf("the end: %s", got[2])
	}
}

// A call that was refused at once is told to be placed and then to be over; its
// end has the reason.
func TestACallRefusedAtOnceIsToldWithItsReason(t *testing.T) {
	w, said := onlooker(t, false)
	o := &outgoing{watch: w, id: "01J"}
	c := calls.Call{
		ID: "01J", Type: calls.Audio, Status: calls.Rejected, Reason: calls.DoNotDisturb,
		Initiator: "ann", Receiver: calls.User("bob"),
	}
	if over, _ := o.hear(calls.Event{Name: calls.Initiation, Call: c}); over {
		t.Error("over before its end was told")
	}
	if over, _ := o.hear(calls.Event{Name: calls.OutgoingCallRejected, Call: c, Reason: c.Reason}); !over {
		t.Error("not over")
	}
	if got := said(); !slices.Equal(got, []string{"Calling bob …", "bob does not want to be disturbed."}) {
		t.Errorf("said %q", got)
	}
}

// Sound that cannot be opened is told, though no command returns it.
func TestSoundThatCannotBeOpenedIsTold(t *testing.T) {
	w, said := onlooker(t, false)
	o := &outgoing{watch: w, id: "01J"}
	for _, err := range []error{fmt.Errorf("open the sound of the call: %w", errors.New("the device is gone")), calls.ErrCallTerminated} {
		if over, _ := o.hear(calls.Event{Name: calls.Failure, Call: calls.Call{ID: "01J"}, Err: err}); over {
			t.Error("the call is over")
		}
	}
	if got := said(); !slices.Equal(got, []string{"open the sound of the call: the device is gone"}) {
		t.Errorf("said %q", got)
	}
}

func TestAnAnswerThatWasStoppedSaysWhen(t *testing.T) {
	for want, i := range map[string]*incoming{
		"stopped before a call came":           {once: true},
		"stopped before the call was answered": {once: true, seen: map[calls.ID]bool{"01J": true}},
	} {
		if err := i.nothingCame(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := (&incoming{}).nothingCame(); err != nil {
		t.Errorf("without --once: %v", err)
	}
}
