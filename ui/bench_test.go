package ui

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"tring/calls"
)

// carry runs a command and all that follows from it, as a program does, but for
// what waits: the messages of batches come back in order.
func carry(m *Model, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			carry(m, c)
		}
	default:
		_, next := m.Update(msg)
		carry(m, next)
	}
}

// deskWith is a model with so many people in the directory and records in the
// history, all loaded.
func deskWith(b *testing.B, width, height, people, records int) *Model {
	b.Helper()
	tel := newTelephone(time.Now)
	for i := range people {
		c := contact(fmt.Sprintf("p%04d", i), fmt.Sprintf("Zoë Person-%04d Núñez", i), calls.Offline)
		c.Since = time.Now().Add(-time.Duration(i) * time.Minute)
		tel.people = append(tel.people, c)
	}
	for i := range records {
		began := time.Now().Add(-time.Duration(i+1) * time.Hour)
		c := calls.Call{
			ID: calls.ID(fmt.Sprintf("01JC%022d", 99999-i)), Initiator: calls.UserID(fmt.Sprintf("p%04d", i%max(people, 1))),
			Receiver: calls.User("ada"), InitiatedAt: began, EndedAt: began.Add(time.Minute), Status: calls.Ended,
		}
		if i%7 != 0 {
			c.AnsweredAt = began
		} else {
			c.Status = calls.Unanswered
		}
		tel.records = append(tel.records, calls.Record{Call: c, Direction: calls.Incoming, Missed: i%7 == 0})
	}
	tel.connect(tel.people[:min(len(tel.people), 200)]...)
	m := New(Config{Agent: tel, Theme: ThemeDark, Favourite: tel.favourite, NewCallID: func() calls.ID { return testCall }})
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	carry(m, m.load())
	pressed(m, "end", "tab", "end", "home", "tab", "home")
	if list, past := len(m.listed()), len(m.recent.records); list != people || past != records {
		b.Fatalf("%d people and %d records are loaded, not %d and %d", list, past, people, records)
	}
	return m
}

// pressed presses keys, with all that follows.
func pressed(m *Model, keys ...string) {
	for _, k := range keys {
		_, cmd := m.Update(keyNamed(k))
		carry(m, cmd)
	}
}

// BenchmarkLists is one key of somebody with 5,000 people in the directory and
// 10,000 calls in the history, all of them loaded: Update and View.
func BenchmarkLists(b *testing.B) {
	scroll := func(m *Model) func(int) {
		return func(i int) { m.Update(keyNamed([]string{"down", "down", "up"}[i%3])) }
	}
	for _, c := range []struct {
		name  string
		start []string
		step  func(m *Model) func(i int)
	}{
		{"people scroll", nil, scroll},
		{"people at the end", []string{"end"}, scroll},
		{"people search", []string{"/"}, func(m *Model) func(int) {
			return func(i int) {
				m.Update(keyNamed([]string{"n", "u", "n", "e", "backspace", "backspace", "backspace", "backspace"}[i%8]))
			}
		}},
		{"people news", nil, func(m *Model) func(int) {
			tel := m.cfg.Agent.(*telephone)
			return func(i int) {
				c := tel.people[i%200]
				c.Presence = []calls.Presence{calls.Online, calls.Away}[i/200%2]
				_ = tel.step(calls.PresenceUpdate{Contact: c})
				tel.heard()
				m.Update(calls.Event{Name: calls.PresenceChanged})
			}
		}},
		{"calls scroll", []string{"tab"}, scroll},
		{"calls at the end", []string{"tab", "end"}, scroll},
		{"calls filter", []string{"tab"}, func(m *Model) func(int) {
			return func(int) { m.Update(keyNamed("f")) }
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := deskWith(b, 120, 40, 5000, 10000)
			pressed(m, c.start...)
			step := c.step(m)
			worst := time.Duration(0)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				began := time.Now()
				step(i)
				m.View()
				worst = max(worst, time.Since(began))
			}
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
		})
	}
}

// BenchmarkScreen is one tick of a call: Update and View.
func BenchmarkScreen(b *testing.B) {
	tel := newTelephone(time.Now)
	tel.connect(fourContacts()...)
	m := New(Config{Agent: tel, Motion: true, Theme: ThemeDark, NewCallID: func() calls.ID { return testCall }})
	m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	views := map[string]func(){
		"people": func() {},
		"talking": func() {
			m.dial(calls.User("bob"), calls.Audio)()
			tel.act(testCall, "bob", "laptop", calls.Accept{Join: true})
			tel.media(testCall, "bob-laptop", calls.MediaConnected)
		},
	}
	for _, name := range []string{"people", "talking"} {
		views[name]()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Update(tickMsg{})
				m.View()
			}
		})
	}
}
