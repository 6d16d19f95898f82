package ui

import (
	"errors"
	"testing"
	"time"

	"tring/calls"
)

func TestDoNotDisturb(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		d.press("A")
		d.reads("do not disturb off")
		d.press("d")
		d.reads("on: no call rings", "Ada Lovelace · do not disturb")
		d.explains("d ring again")
		d.press("enter") // the row that is chosen
		d.reads("do not disturb off", "Ada Lovelace · online")
		h.refuse = calls.ErrOffline
		d.press("d")
		d.reads("do not disturb off", "Could not set that")
	})
}

func TestRemoveAPhone(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		d.press("A", "j")
		d.reads("› laptop", "this one")
		d.press("x")
		d.reads("That is the phone here")
		d.press("j")
		d.explains("x remove")
		d.press("x")
		d.reads("Remove kitchen?")
		d.reads("y remove", "n keep")
		d.press("n")
		d.reads("› kitchen")
		d.press("enter", "y")
		d.lacks("kitchen")
		if len(h.phones) != 2 {
			t.Errorf("%d phones are left, not 2", len(h.phones))
		}
		h.refuse = errors.New("the disk is full")
		d.press("G", "k", "k", "x", "y")
		d.reads("old one", "Could not remove the phone: the disk is full.")
	})
}

func TestSwitchTheAccount(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		d.press("A", "G", "k")
		d.reads("› ada@phone.example:7433")
		d.press("enter") // the one in use
		if len(h.used) != 0 {
			t.Fatalf("used %v", h.used)
		}
		d.press("j")
		d.explains("enter switch to it")
		h.refuse = errors.New("key /home/ada/key: no such file")
		d.press("enter")
		d.reads("Could not switch the account: key /home/ada/key: no such file.")
		if d.quit || d.model.Again() {
			t.Fatal("it left without the other account")
		}
		h.refuse = nil
		d.press("enter")
		if !d.quit || !d.model.Again() || h.used[1].User != "lovelace" {
			t.Fatalf("quit %v, again %v, used %v", d.quit, d.model.Again(), h.used)
		}
	})
}

// Whoever is called while the account changes is not cut off: the other account
// waits for the next start.
func TestNoSwitchDuringACall(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		d.press("A", "G")
		d.tel.ring(otherCall, "carla", calls.Audio)
		d.tell(usedMsg{d.model.room.(*accountRoom), SavedAccount{User: "lovelace", Server: "wss://work.example"}, nil})
		d.reads("is calling you")
		if d.quit || d.model.Again() {
			t.Fatal("the ringing call was left")
		}
		d.hit("r")
		d.press("esc", "q")
		if !d.quit || d.model.Again() {
			t.Fatal("quitting began again")
		}
	})
}

func TestClicksInTheAccount(t *testing.T) {
	inHouse(t, 80, 24, Config{Mouse: true}, func(d *desk, _ *house) {
		d.press("A")
		d.click("kitchen")
		d.reads("› kitchen")
		d.click("x remove")
		d.reads("Remove kitchen?")
		d.click("n keep")
		d.click("old one")
		d.click("old one") // twice: what enter does
		d.reads("Remove old one?")
		d.click("y remove")
		d.lacks("old one")
		d.click("d do not disturb")
		d.reads("on: no call rings")
	})
}

// Who presses enter before the rows are there does not press it on another one.
func TestEnterWaitsForTheRows(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		d.take(keyNamed("A"))
		d.take(keyNamed("G"))
		d.take(keyNamed("enter"))
		d.settle()
		d.reads("lovelace@work.example", "do not disturb off")
		d.press("enter")
		d.reads("on: no call rings")
	})
}

// Which phones are online is looked at again and again, while somebody looks.
func TestPhonesComeAndGo(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		d.press("A")
		d.reads("kitchen online")
		h.phones[1].Online = false
		d.pass(phonesEvery + time.Second)
		d.reads("kitchen offline")
		d.press("esc")
		d.pass(2 * phonesEvery)
		lists := h.lists
		if d.pass(5 * phonesEvery); h.lists != lists {
			t.Error("the phones are listed though nobody looks")
		}
	})
}

// A new connection asks for the phones again.
func TestPhonesAfterAReconnect(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, h *house) {
		h.refuse = calls.ErrOffline
		d.press("A")
		d.reads("Could not list the phones")
		h.refuse = nil
		d.tel.disconnect(errors.New("broken"), false)
		d.settle()
		d.tel.connect(fourContacts()...)
		d.settle()
		d.reads("kitchen")
	})
}
