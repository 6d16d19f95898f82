package agent_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"tring/audio"
	"tring/calls"
	"tring/calls/wire"
)

func TestOutgoingCallFromKeyToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)

		result := r.do("c1", toBob)
		r.waits(result)
		_, answer := next[wire.InitiateCall](r.server)
		ok(answer, r.server.judge(toBob, byAlice))
		if err := r.returned(result); err != nil {
			t.Fatal(err)
		}
		r.hears(calls.Initiation)

		r.server.tell(calls.Changed{State: r.server.judge(calls.Ring{}, byBob)})
		r.hears(calls.CallUpdated)
		if got := r.speaker.sounding(); got != audio.ToneRingback {
			t.Errorf("bob's phone rings and the speaker plays %q", got)
		}

		r.server.tell(calls.Changed{State: r.server.judge(calls.Accept{Join: true}, byBob)})
		r.hears(calls.OutgoingCallAccepted, calls.UserJoined)
		if got := r.speaker.sounding(); got != "" {
			t.Errorf("answered and the speaker plays %q", got)
		}
		if m, _ := next[wire.Signal](r.server); m.To != "01BOB" || string(m.Payload) != "offer" {
			t.Errorf("relayed %+v", m)
		}
	})
}

func TestCallFromItsMediaToHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.talk()
		next[wire.Signal](r.server)
		r.ear.take()
		r.server.tell(calls.Relayed{Call: "c1", From: "01BOB", Payload: []byte("answer")})
		r.studio.notify(calls.MediaChanged{Call: "c1", Peer: "01BOB", State: calls.MediaConnected})
		r.hears(calls.MediaIsConnected)
		if m, _ := next[wire.MediaState](r.server); m.Peer != "01BOB" || m.State != calls.MediaConnected {
			t.Errorf("reported %+v", m)
		}
		if v, _ := r.Snapshot().Held(); v.Stage != calls.StageTalking {
			t.Errorf("the screen shows %s, want talking", v.Stage)
		}
		if stats, ok := r.Stats(); !ok || stats.Sent != 7 {
			t.Errorf("statistics %+v, %v are not the session's", stats, ok)
		}

		if err := r.returned(r.do("c1", calls.SetMuted{Audio: true})); err != nil {
			t.Errorf("mute: %v", err)
		}
		next[wire.SetMuted](r.server)
		if err := r.returned(r.do("c1", calls.End{})); err != nil {
			t.Errorf("a hang-up waits for nobody, but: %v", err)
		}
		r.hears(calls.CallEnded)
		next[wire.EndCall](r.server)
		want := []string{"open c1", "signal 01BOB answer", "mute", "close c1"}
		if got := r.studio.happened(); !slices.Equal(got, want) {
			t.Errorf("the media did %v, want %v", got, want)
		}
		if got := r.speaker.sounding(); got != audio.ToneEnd {
			t.Errorf("after the end the speaker plays %q", got)
		}
		if _, ok := r.Stats(); ok {
			t.Error("there are statistics of no session")
		}
	})
}

func TestWhatThePhoneRefusesIsAnErrorAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		if err := r.returned(r.do("nope", calls.End{})); !errors.Is(err, calls.ErrCallNotFound) {
			t.Errorf("hang up no call: %v", err)
		}
		r.talk()
		if err := r.returned(r.do("c2", toBob)); !errors.Is(err, calls.ErrBusySelf) {
			t.Errorf("call during a call: %v", err)
		}
		r.server.cut()
		if err := r.returned(r.do("c1", calls.End{})); err != nil {
			t.Errorf("hang up while offline: %v", err)
		}
		if err := r.returned(r.do("c3", toBob)); !errors.Is(err, calls.ErrOffline) {
			t.Errorf("call while offline: %v", err)
		}
	})
}

func TestCancelHoldsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		initiated := r.do("c1", toBob)
		if err := r.returned(r.do("c1", calls.Reject{Status: calls.Cancelled})); err != nil {
			t.Errorf("a cancel waits for nobody, but: %v", err)
		}
		r.waits(initiated)
		_, answer := next[wire.InitiateCall](r.server)
		ok(answer, r.server.judge(toBob, byAlice))
		if err := r.returned(initiated); err != nil {
			t.Errorf("the call was placed, but: %v", err)
		}
		m, answer := next[wire.RejectCall](r.server)
		if m.Status != calls.Cancelled {
			t.Errorf("sent %+v", m)
		}
		ok(answer, r.server.judge(calls.Reject{Status: calls.Cancelled}, byAlice))
		r.hears(calls.CallUpdated)
		if len(r.Snapshot().Calls) > 0 {
			t.Error("the answer to the initiate revived the cancelled call")
		}
	})
}

func TestWhatTheServerRefusesIsTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		result := r.do("", toBob) // the phone chooses an id
		m, answer := next[wire.InitiateCall](r.server)
		if m.Call == "" {
			t.Error("the call has no id")
		}
		refused := wire.ErrorOf(fmt.Errorf("call bob: %w", calls.ErrUnknownReceiver))
		answer(refused, refused.Err())
		err := r.returned(result)
		if !errors.Is(err, calls.ErrUnknownReceiver) || strings.Count(err.Error(), "call bob") != 1 {
			t.Errorf("refused with %q", err)
		}
		r.hears(calls.Failure)
		if len(r.Snapshot().Calls) > 0 {
			t.Error("the refused call is still shown")
		}
	})
}

func TestAcceptThatLosesTheRaceStopsTheRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.server.tell(calls.Changed{State: r.incoming("c2")})
		next[wire.Ringing](r.server)
		result := r.do("c2", calls.Accept{})
		_, answer := next[wire.AcceptCall](r.server)
		r.waits(result)
		state := r.server.judge(calls.Reject{Status: calls.Cancelled}, byBob)
		refused := wire.ErrorOf(calls.ErrCallTerminated)
		refused.Call = &state
		answer(refused, refused.Err())
		if err := r.returned(result); !errors.Is(err, calls.ErrCallTerminated) {
			t.Errorf("accepted: %v", err)
		}
		if got := r.speaker.sounding(); got != "" {
			t.Errorf("the speaker plays %q", got)
		}
		if len(r.Snapshot().Calls) > 0 || len(r.studio.happened()) > 0 {
			t.Error("the phone is in a call that nobody answered")
		}
	})
}

func TestRequestsLeaveInOrderWithoutWaitingForAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.talk()
		for _, candidate := range []string{"1", "2", "3"} {
			r.studio.notify(calls.MediaSignal{Call: "c1", To: "01BOB", Payload: []byte(candidate)})
		}
		synctest.Wait()
		r.do("c1", calls.End{})
		for _, want := range []string{"offer", "1", "2", "3"} {
			if m, _ := next[wire.Signal](r.server); string(m.Payload) != want {
				t.Errorf("relayed %q, want %q", m.Payload, want)
			}
		}
		next[wire.EndCall](r.server)
	})
}

func TestCallWithoutMediaGoesOnAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.studio.fail = errors.New("no microphone")
		heard := make(chan error, 1)
		r.AddCallListener("why", func(e calls.Event) {
			if e.Name == calls.Failure {
				heard <- e.Err
			}
		})
		r.talk()
		synctest.Wait()
		select {
		case err := <-heard:
			if !strings.Contains(err.Error(), "no microphone") {
				t.Errorf("heard %v", err)
			}
		default:
			t.Error("nobody hears that there is no sound")
		}
		if m, _ := next[wire.MediaState](r.server); m.State != calls.MediaLost {
			t.Errorf("reported %+v, want lost", m)
		}
		if v, ok := r.Snapshot().Held(); !ok || v.Stage != calls.StageLost {
			t.Errorf("the screen shows %+v, want the call without sound", v)
		}
	})
}

func TestMediaThatClosesSlowlyHoldsUpNobodyButTheNextMedia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.studio.block = make(chan struct{})
		r.talk()
		r.do("c1", calls.End{})
		if len(r.Snapshot().Calls) > 0 {
			t.Fatal("the hang-up waits for the media")
		}
		r.server.tell(calls.Changed{State: r.incoming("c2")})
		result := r.do("c2", calls.Accept{})
		for range 3 { // offer, end, ringing
			r.server.sent = r.server.sent[1:]
		}
		_, answer := next[wire.AcceptCall](r.server)
		ok(answer, r.server.judge(calls.Accept{Join: true}, byAlice))
		if err := r.returned(result); err != nil {
			t.Fatal(err)
		}
		if got := r.studio.happened(); !slices.Equal(got, []string{"open c1"}) {
			t.Errorf("the media did %v: two calls have the microphone", got)
		}
		close(r.studio.block)
		if got := r.studio.happened(); !slices.Equal(got, []string{"open c1", "close c1", "open c2"}) {
			t.Errorf("the media did %v", got)
		}
	})
}

func TestPagesComeFromTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		contacts := make(chan calls.DirectoryPage, 1)
		go func() {
			page, err := r.Directory(t.Context(), calls.DirectoryQuery{Query: "bo"})
			if err != nil {
				t.Error(err)
			}
			contacts <- page
		}()
		q, answer := next[wire.Directory](r.server)
		if q.Query != "bo" {
			t.Errorf("asked for %+v", q)
		}
		answer(wire.DirectoryPage{DirectoryPage: calls.DirectoryPage{Total: 1}}, nil)
		if page := <-contacts; page.Total != 1 {
			t.Errorf("page %+v is not the server's", page)
		}

		failed := make(chan error, 1)
		go func() {
			_, err := r.History(t.Context(), calls.HistoryFilter{Missed: true})
			failed <- err
		}()
		_, answer = next[wire.History](r.server)
		answer(wire.OK{}, nil)
		if err := <-failed; err == nil {
			t.Error("an answer out of turn is taken for a page")
		}
	})
}

func TestModelAndSoundNameTonesAlike(t *testing.T) {
	for tone, want := range map[calls.Tone]audio.Tone{
		calls.RingTone: audio.ToneRing, calls.RingBack: audio.ToneRingback, calls.Waiting: audio.ToneWaiting,
		calls.BusyTone: audio.ToneBusy, calls.Congestion: audio.ToneCongestion, calls.EndTone: audio.ToneEnd,
	} {
		if audio.Tone(tone) != want {
			t.Errorf("the model's %q is the sound's %q", tone, want)
		}
	}
}
