package server

import (
	"slices"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// Who is no party of a call changes nothing and learns nothing: the answer is
// that for a call that does not exist.
func TestNonParty(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob, eve := addUser(t, s, "alice"), addUser(t, s, "bob"), addUser(t, s, "eve")
	a, b, e := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, eve, "E1")
	id, none := newID(), newID()
	talk(t, a, b, id)
	token := a.act(wire.Token{CallID: on(id)}).Grant.Token
	acts := func(id calls.ID) []wire.Message {
		return []wire.Message{
			wire.Ringing{CallID: on(id)},
			wire.AcceptCall{CallID: on(id), Join: true},
			wire.RejectCall{CallID: on(id), Status: calls.Cancelled},
			wire.EndCall{CallID: on(id)},
			wire.Token{CallID: on(id)},
			wire.Join{CallID: on(id), Token: token},
			wire.Leave{CallID: on(id)},
			wire.Signal{CallID: on(id), To: "A1", Payload: []byte("x")},
			wire.MediaState{CallID: on(id), Peer: "A1", State: calls.MediaLost},
			wire.SetMuted{CallID: on(id), Audio: true},
			wire.SetRecording{CallID: on(id), On: true},
			wire.Renew{CallID: on(id)},
			wire.Invite{CallID: on(id), User: "eve"},
		}
	}
	unknown := acts(none)
	for i, m := range acts(id) {
		got := e.refused(m, calls.ErrCallNotFound)
		if want := e.refused(unknown[i], calls.ErrCallNotFound); got != want {
			t.Errorf("%s: a call of others is told as %+v, no call as %+v", m.Type(), got, want)
		}
	}
	e.refused(callTo(id, "bob"), calls.ErrInvalidRequest) // somebody else's id
	if c := a.act(wire.Renew{CallID: on(id)}).Call; c.Status != calls.Ongoing {
		t.Errorf("the call is %s", c.Status)
	}
}

// Requests that cannot be are refused with their code.
func TestInitiateRefused(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	addUser(t, s, "bob")
	a := connect(t, s, alice, "A1")
	fax, short := callTo(newID(), "bob"), callTo(newID(), "bob")
	fax.CallType, short.RingTime = "fax", 10
	group := callTo(newID(), "")
	group.Receiver = calls.Receiver{Kind: calls.ToGroup, ID: "team"}
	for _, tt := range []struct {
		name string
		m    wire.Message
		err  error
	}{
		{"oneself", callTo(newID(), "alice"), calls.ErrCallingSelf},
		{"nobody", callTo(newID(), "nobody"), calls.ErrUnknownReceiver},
		{"a group", group, calls.ErrNotSupported},
		{"a fax", fax, calls.ErrInvalidRequest},
		{"a ring of 10 ms", short, calls.ErrInvalidRequest},
		{"an id with a dot", callTo("a.>", "bob"), calls.ErrInvalidRequest},
	} {
		t.Run(tt.name, func(*testing.T) { a.refused(tt.m, tt.err) })
	}
	nothingLeft(t, s)
	a.act(callTo(newID(), "bob")) // and none of them holds the phone
}

// Floods of calls are refused.
func TestRingFlood(t *testing.T) {
	s, _ := open(t, Config{Limits: Limits{Initiates: 1, InitiateBurst: 3}})
	s.floods.rate = 0 // no token comes back while the test runs
	alice := addUser(t, s, "alice")
	addUser(t, s, "bob")
	a := connect(t, s, alice, "A1")
	for range 3 {
		id := newID()
		a.act(callTo(id, "bob"))
		a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
	}
	a.refused(callTo(newID(), "bob"), calls.ErrRateLimited)
}

// The callee's own settings answer, and nothing rings.
func TestCalleesSettings(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob, carol := addUser(t, s, "alice"), addUser(t, s, "bob"), addUser(t, s, "carol")
	a, b, c := connect(t, s, alice, "A1"), connect(t, s, bob, "B1"), connect(t, s, carol, "C1")
	b.ask(wire.SetPresence{Presence: calls.DND})
	id := newID()
	if st := a.act(callTo(id, "bob")); st.Call.Status != calls.Rejected || st.Call.Reason != calls.DoNotDisturb {
		t.Errorf("do not disturb answers %s, %q", st.Call.Status, st.Call.Reason)
	}
	if r := theRecord(t, b); !r.Missed || b.count(id, calls.IncomingCallReceived) > 0 {
		t.Errorf("bob's record is %+v", r)
	}
	// One's own do-not-disturb does not stop one's own call.
	own := newID()
	b.act(callTo(own, "carol"))
	c.act(wire.AcceptCall{CallID: on(own), Join: true})
	b.ask(wire.SetPresence{Presence: calls.Online})
	asks := newID()
	a.act(callTo(asks, "bob")) // call waiting
	b.hears(asks, calls.IncomingCallReceived)
	a.act(wire.RejectCall{CallID: on(asks), Status: calls.Cancelled})
	b.ask(wire.SetSettings{Settings: calls.Settings{WhenBusy: calls.AnswerBusy}})
	if st := a.act(callTo(newID(), "bob")); st.Call.Status != calls.Busy {
		t.Errorf("a busy callee answers %s", st.Call.Status)
	}
	b.act(wire.EndCall{CallID: on(own)})
	eventually(t, "bob is free again", func() bool {
		id := newID()
		st := a.act(callTo(id, "bob"))
		a.ask(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
		return st.Call.Status == calls.Initiated
	})
	b.refused(wire.SetPresence{Presence: "in_call"}, calls.ErrInvalidRequest)
	b.refused(wire.SetSettings{Settings: calls.Settings{WhenBusy: "never"}}, calls.ErrInvalidRequest)
}

// A blocked caller gets exactly what an offline user gives: in the directory, in
// pushes, and in the call; the callee's side knows nothing of it.
func TestBlocked(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob, carol := addUser(t, s, "alice"), addUser(t, s, "bob"), addUser(t, s, "carol")
	c := connect(t, s, carol, "C1") // carol was online once
	c.hangOff()
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	b.ask(wire.SetBlocked{User: "alice", On: true})
	b.ask(wire.SetPresence{Presence: calls.DND})
	a.until("bob is offline", func(m wire.Message) bool {
		p, ok := m.(wire.Presence)
		return ok && p.Receiver.ID == "bob" && p.Presence == calls.Offline
	})
	eventually(t, "carol was last seen", func() bool { return !contactOf(a, "carol").Since.IsZero() })
	blocked, offline := contactOf(a, "bob"), contactOf(a, "carol")
	if blocked.Presence != offline.Presence || blocked.Since.IsZero() || len(blocked.Phones) != len(offline.Phones) {
		t.Errorf("bob is shown as %+v, an offline user as %+v", blocked, offline)
	}
	for _, who := range []calls.UserID{"bob", "carol"} {
		id := newID()
		st := a.act(callTo(id, who))
		if st.Call.Status != calls.Initiated || st.Call.Hidden {
			t.Errorf("the call to %s is answered with %+v", who, st.Call)
		}
		ringsOut(s, id)
		if e := a.hears(id, calls.OutgoingCallRejected); e.Call.Status != calls.Unanswered || e.Call.Hidden {
			t.Errorf("the call to %s becomes %+v", who, e.Call)
		}
	}
	page := b.ask(wire.History{}).(wire.HistoryPage)
	b.mu.Lock()
	heard := slices.ContainsFunc(b.heard, func(m wire.Message) bool { return m.Type() == "call.event" })
	b.mu.Unlock()
	if len(page.Records) != 0 || page.MissedCount != 0 || heard {
		t.Errorf("bob knows of the blocked call: %+v", page)
	}
	// If the blocked one calls while its own call is hidden, that goes its way.
	hidden := newID()
	a.act(callTo(hidden, "bob"))
	mine := newID()
	b.act(callTo(mine, "alice"))
	a.hears(mine, calls.IncomingCallReceived)
	if st := a.act(wire.RejectCall{CallID: on(hidden), Status: calls.Cancelled}); st.Call.Status != calls.Cancelled {
		t.Errorf("the hidden call is %s", st.Call.Status)
	}
	b.ask(wire.SetBlocked{User: "alice"})
	if got := contactOf(a, "bob").Presence; got != calls.DND {
		t.Errorf("after the block is lifted, bob is %s", got)
	}
}

func contactOf(p *testPhone, u string) calls.Contact {
	p.t.Helper()
	page, ok := p.ask(wire.Directory{DirectoryQuery: calls.DirectoryQuery{Query: u}}).(wire.DirectoryPage)
	if !ok || len(page.Contacts) != 1 {
		p.t.Fatalf("the directory answers %+v for %s", page, u)
	}
	return page.Contacts[0]
}

// Presence follows phones and calls, and is pushed.
func TestPresence(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob, carol := addUser(t, s, "alice"), addUser(t, s, "bob"), addUser(t, s, "carol")
	c := connect(t, s, carol, "C1")
	is := func(u string, want calls.Presence) {
		t.Helper()
		c.until(u+" is "+string(want), func(m wire.Message) bool {
			p, ok := m.(wire.Presence)
			return ok && p.Receiver.ID == u && p.Presence == want
		})
	}
	a := connect(t, s, alice, "A1")
	is("alice", calls.Online)
	if got := contactOf(c, "alice").Phones; !slices.Equal(got, []string{"phone A1"}) {
		t.Errorf("alice's phones are %q", got)
	}
	a.ask(wire.SetPresence{Presence: calls.Away})
	is("alice", calls.Away)
	b := connect(t, s, bob, "B1")
	talk(t, a, b, newID())
	is("alice", calls.InCall)
	is("bob", calls.InCall)
	b.hangOff()
	is("bob", calls.Offline)
	eventually(t, "bob was last seen now", func() bool { return time.Since(contactOf(c, "bob").Since) < time.Minute })
}

// The directory: everybody but oneself, favourites first, searched and paged.
func TestDirectory(t *testing.T) {
	s, _ := open(t, Config{})
	alice := addUser(t, s, "alice")
	for _, u := range []calls.UserID{"bob", "carol", "dave", "dan"} {
		addUser(t, s, u)
	}
	if err := s.Admin().AddUser(t.Context(), "echo", "Echo test", "", AsTestLine()); err != nil {
		t.Fatal(err)
	}
	a := connect(t, s, alice, "A1")
	a.ask(wire.SetFavourite{Receiver: calls.User("dave"), On: true})
	tests := []struct {
		query calls.DirectoryQuery
		want  []string
		total int
	}{
		{calls.DirectoryQuery{}, []string{"dave", "bob", "carol", "dan", "echo"}, 5},
		{calls.DirectoryQuery{Query: "DA"}, []string{"dave", "dan"}, 2},
		{calls.DirectoryQuery{Query: "echo t"}, []string{"echo"}, 1},
		{calls.DirectoryQuery{Query: "alice"}, nil, 0},
		{calls.DirectoryQuery{Limit: 2, Page: 1}, []string{"carol", "dan"}, 5},
		{calls.DirectoryQuery{Limit: 2, Page: 9}, nil, 5},
		{calls.DirectoryQuery{Limit: -1, Page: -1}, []string{"dave", "bob", "carol", "dan", "echo"}, 5},
	}
	for _, tt := range tests {
		page := a.ask(wire.Directory{DirectoryQuery: tt.query}).(wire.DirectoryPage)
		var got []string
		for _, c := range page.Contacts {
			got = append(got, c.Receiver.ID)
			if c.TestLine != (c.Receiver.ID == "echo") || c.Favourite != (c.Receiver.ID == "dave") {
				t.Errorf("%+v", c)
			}
		}
		if !slices.Equal(got, tt.want) || page.Total != tt.total {
			t.Errorf("%+v gives %q of %d, want %q of %d", tt.query, got, page.Total, tt.want, tt.total)
		}
	}
	a.refused(wire.SetFavourite{Receiver: calls.User("nobody"), On: true}, calls.ErrUnknownReceiver)
	a.refused(wire.SetBlocked{User: "alice", On: true}, calls.ErrUnknownReceiver)
}

// History: filtered, paged, newest first.
func TestHistory(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	ids := make([]calls.ID, 5)
	for i := range ids {
		ids[i] = newID()
		from, to := a, b
		if i%2 == 1 {
			from, to = b, a
		}
		from.act(callTo(ids[i], to.me.User))
		if i == 4 {
			to.act(wire.RejectCall{CallID: on(ids[i]), Status: calls.Rejected})
			continue
		}
		from.act(wire.RejectCall{CallID: on(ids[i]), Status: calls.Cancelled})
	}
	for _, tt := range []struct {
		name   string
		filter calls.HistoryFilter
		want   []int
	}{
		{"all", calls.HistoryFilter{}, []int{4, 3, 2, 1, 0}},
		{"missed", calls.HistoryFilter{Missed: true}, []int{3, 1}},
		{"outgoing", calls.HistoryFilter{Direction: calls.Outgoing}, []int{4, 2, 0}},
		{"rejected", calls.HistoryFilter{Status: calls.Rejected}, []int{4}},
		{"with carol", calls.HistoryFilter{With: "carol"}, nil},
		{"second page", calls.HistoryFilter{Before: ids[3], Limit: 2}, []int{2, 1}},
		{"before what is not mine", calls.HistoryFilter{Before: "x"}, nil},
	} {
		page := a.ask(wire.History{HistoryFilter: tt.filter}).(wire.HistoryPage)
		var got []int
		for _, r := range page.Records {
			got = append(got, slices.Index(ids, r.Call.ID))
		}
		if !slices.Equal(got, tt.want) || page.MissedCount != 2 {
			t.Errorf("%s: got %v and %d missed, want %v and 2", tt.name, got, page.MissedCount, tt.want)
		}
	}
	a.ask(wire.MarkSeen{Until: ids[1]})
	a.ask(wire.MarkSeen{Until: ids[0]}) // looking at old ones takes nothing back
	if page := a.ask(wire.History{}).(wire.HistoryPage); page.MissedCount != 1 {
		t.Errorf("%d missed after the first was looked at", page.MissedCount)
	}
}

// Finished calls are kept as long as the settings say, by the index as by the
// store, also over a restart.
func TestHistoryIsKeptForATime(t *testing.T) {
	cfg := Config{Data: t.TempDir()}
	s, stop := open(t, cfg)
	alice := addUser(t, s, "alice")
	addUser(t, s, "bob")
	a := connect(t, s, alice, "A1")
	old := newID()
	a.act(callTo(old, "bob"))
	a.act(wire.RejectCall{CallID: on(old), Status: calls.Cancelled})
	nothingLeft(t, s)
	stop()

	const keep = 500 * time.Millisecond
	cfg.KeepHistory = keep
	s, _ = open(t, cfg)
	a = connect(t, s, alice, "A1")
	empty := func() bool {
		info, err := s.store.history.Info(t.Context())
		return err == nil && info.State.Msgs == 0 && len(a.ask(wire.History{}).(wire.HistoryPage).Records) == 0
	}
	eventually(t, "the old call is forgotten", empty)
	id, began := newID(), time.Now()
	a.act(callTo(id, "bob"))
	a.act(wire.RejectCall{CallID: on(id), Status: calls.Cancelled})
	page := a.ask(wire.History{}).(wire.HistoryPage)
	if len(page.Records) != 1 && time.Since(began) < keep {
		t.Errorf("the new call's history is %+v", page.Records)
	}
	eventually(t, "the new one is forgotten in its turn", empty)
	eventually(t, "the index keeps nothing that the store has forgotten", func() bool {
		s.history.mu.Lock()
		defer s.history.mu.Unlock()
		return len(s.history.byID)+len(s.history.people)+len(s.history.all)+len(s.history.recent) == 0
	})
}

// An offer that is sent right after the accept never overtakes it, and signals
// reach joined devices only.
func TestSignals(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	b2 := connect(t, s, bob, "B2")
	id := newID()
	a.act(callTo(id, "bob"))
	offer := wire.Signal{CallID: on(id), To: "A1", Payload: []byte("offer")}
	b.refused(offer, calls.ErrNotAParty) // before the accept
	accepted := b.act(wire.AcceptCall{CallID: on(id)})
	b.refused(offer, calls.ErrInvalidStatus) // not joined yet
	b.refused(wire.Join{CallID: on(id), Token: "1.x"}, calls.ErrInvalidToken)
	b.act(wire.Join{CallID: on(id), Token: accepted.Grant.Token})
	b.act(offer)
	a.until("the offer", func(m wire.Message) bool {
		r, ok := m.(wire.Relayed)
		return ok && r.From == "B1" && string(r.Payload) == "offer"
	})
	a.mu.Lock()
	accept := slices.IndexFunc(a.heard, func(m wire.Message) bool {
		e, ok := m.(wire.CallEvent)
		return ok && slices.Contains(e.Events, calls.OutgoingCallAccepted)
	})
	relayed := slices.IndexFunc(a.heard, func(m wire.Message) bool { return m.Type() == "call.relayed" })
	a.mu.Unlock()
	if accept < 0 || accept > relayed {
		t.Errorf("the accept is message %d, the offer message %d", accept, relayed)
	}
	b2.refused(offer, calls.ErrNotAParty)
	a.refused(wire.Signal{CallID: on(id), To: "B2", Payload: []byte("x")}, calls.ErrNotAParty)
	a.act(wire.SetMuted{CallID: on(id), Audio: true})
	b.until("alice is muted", func(m wire.Message) bool {
		e, ok := m.(wire.CallEvent)
		return ok && e.Call.Parties[0].AudioMuted
	})
	a.act(wire.SetRecording{CallID: on(id), On: true})
	b.until("alice records", func(m wire.Message) bool {
		e, ok := m.(wire.CallEvent)
		return ok && e.Call.Parties[0].Recording && slices.Contains(e.Events, calls.RecordingStarted)
	})
	a.refused(wire.Join{CallID: on(id), Token: accepted.Grant.Token}, calls.ErrInvalidToken) // bob's
}

// A signal that another gateway hands over waits until this one has told its
// phone of the state of the call under which it was sent.
func TestSignalAheadOfItsCall(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	id := newID()
	rev := a.act(callTo(id, "bob")).Call.Revision
	s.hub.relay(relay{to: a.me, rev: rev + 1, msg: wire.Relayed{CallID: on(id), From: "B1", Payload: []byte("offer")}})
	b.act(wire.AcceptCall{CallID: on(id), Join: true})
	a.until("the offer", func(m wire.Message) bool { return m.Type() == "call.relayed" })
	a.mu.Lock()
	defer a.mu.Unlock()
	var order []string
	for _, m := range a.heard {
		if m.Type() == "call.relayed" || m.Type() == "call.event" {
			order = append(order, m.Type())
		}
	}
	if last := len(order) - 1; order[last] != "call.relayed" || last == 0 {
		t.Errorf("alice hears %q", order)
	}
}

// A state of a call that is older than the one known, or the same again, is
// heard by nobody.
func TestOlderStateChangesNothing(t *testing.T) {
	s, _ := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	id := newID()
	a.act(callTo(id, "bob"))
	ringing, err := s.find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	b.act(wire.AcceptCall{CallID: on(id), Join: true})
	a.hears(id, calls.OutgoingCallAccepted)
	s.hub.change(ringing, heard)
	b.act(wire.EndCall{CallID: on(id)})
	a.hears(id, calls.CallEnded)
	nothingLeft(t, s)
	s.hub.change(ringing, heard)
	if b.count(id, calls.IncomingCallReceived) != 1 || a.count(id, calls.OutgoingCallAccepted) != 1 {
		t.Error("an older state was heard")
	}
	if again := connect(t, s, bob, "B1"); len(again.hello.Calls) != 0 {
		t.Errorf("an older state brought the call back: %+v", again.hello.Calls)
	}
}
