package server

import (
	"fmt"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// On a server of many, a phone hears of those whom it shows, and of nobody else.
func TestPresenceOfWhoIsNotShown(t *testing.T) {
	s, _ := open(t, Config{})
	alice, yan, zoe := addUser(t, s, "alice"), addUser(t, s, "yan"), addUser(t, s, "zoe")
	for i := range maxContacts {
		if err := s.Admin().AddUser(t.Context(), calls.UserID(fmt.Sprintf("m%03d", i)), "", ""); err != nil {
			t.Fatal(err)
		}
	}
	a := connect(t, s, alice, "A1")
	a.ask(wire.SetFavourite{Receiver: calls.User("yan"), On: true})
	connect(t, s, zoe, "Z1")
	y := connect(t, s, yan, "Y1")
	is := func(want calls.Presence) {
		t.Helper()
		a.until("yan is "+string(want), func(m wire.Message) bool {
			p, ok := m.(wire.Presence)
			return ok && p.Receiver.ID == "yan" && p.Presence == want
		})
	}
	is(calls.Online)
	y.hangOff()
	is(calls.Offline) // what was before has been told
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.heard {
		if p, ok := m.(wire.Presence); ok && p.Receiver.ID == "zoe" {
			t.Errorf("alice, who does not show zoe, hears %+v", p)
		}
	}
}

// However many phones a person has had, the account remembers the last ones.
func TestRememberedPhonesAreFew(t *testing.T) {
	a := &account{Phones: map[calls.DeviceID]phone{}}
	began := time.Now()
	for i := range 3 * maxPhones {
		id := calls.DeviceID(fmt.Sprint("D", i))
		a.Phones[id] = phone{LastSeen: began.Add(time.Duration(i) * time.Second)}
		a.forgetPhones(id)
	}
	if len(a.Phones) != maxPhones {
		t.Errorf("%d phones are remembered, want %d", len(a.Phones), maxPhones)
	}
	if _, ok := a.Phones[calls.DeviceID(fmt.Sprint("D", 3*maxPhones-1))]; !ok {
		t.Error("the last one is forgotten")
	}
}
