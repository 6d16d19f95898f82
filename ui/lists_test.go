package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"tring/calls"
)

// order checks in which order the list shows these people.
func (d *desk) order(want ...string) {
	d.t.Helper()
	var got []string
	for _, c := range d.model.listed() {
		got = append(got, c.Receiver.ID)
	}
	if !slices.Equal(got, want) {
		d.t.Fatalf("the list is %v, not %v", got, want)
	}
}

// crowd are n people of the directory, none of whom the snapshot holds.
func (d *desk) crowd(n int) {
	for i := range n {
		c := contact(fmt.Sprintf("p%04d", i), fmt.Sprintf("Person %04d", i), calls.Offline)
		d.tel.people = append(d.tel.people, c)
	}
	d.tel.connect()
	d.settle()
}

// Favourites come first, then those of the last calls, then the others: those who
// are here, by name, and then the rest.
func TestWhoComesFirst(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.order("bob", "carla", "echo", "dmitri")
		d.history()
		d.order("bob", "carla", "dmitri", "echo")
		d.press("end", "f") // Echo
		d.did("favourite echo true")
		d.order("echo", "bob", "carla", "dmitri")
		d.reads("Echo ★", "★ favourite")
		d.press("f")
		d.did("favourite echo false")
		d.order("bob", "carla", "dmitri", "echo")
		d.lacks("★")
	})
}

func TestAFavouriteShowsBeforeTheServerSaysSo(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		_, told := d.model.Update(keyNamed("f")) // not run yet
		d.reads("Bob Okafor ★")
		_, again := d.model.Update(keyNamed("f"))
		d.lacks("★")
		d.run(told)
		d.settle()
		d.lacks("★") // the last stroke holds
		d.run(again)
		d.settle()
		d.lacks("★")
		d.did("favourite bob true", "favourite bob false")
	})
}

func TestAFavouriteThatIsRefused(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.tel.refuse = errors.New("not\x1b[2J today")
		d.press("f")
		d.reads("Could not make Bob Okafor a favourite: not today.")
		d.lacks("★")
	})
}

// Who is no contact yet, but in the directory, may be a favourite too.
func TestAFavouriteFromTheDirectory(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.crowd(250)
		d.search("0249")
		d.reads("Person 0249")
		d.press("esc", "f")
		d.did("favourite p0249 true")
		d.reads("Person 0249 ★")
		if first := d.model.listed()[0].Receiver.ID; first != "p0249" {
			t.Errorf("the first is %s", first)
		}
	})
}

// The search ignores case and accents, looks at names and ids, and marks what
// it found.
func TestSearchFinds(t *testing.T) {
	people := []calls.Contact{
		contact("zoe", "Zoë Núñez", calls.Online), contact("mei", "陈美玲", calls.Online),
		contact("lukasz", "Łukasz Żółć", calls.Online), contact("jose", "Jose\u0301 Straße", calls.Online),
		contact("anon", "", calls.Online),
	}
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"zoe", []string{"zoe"}},
		{"ZOË", []string{"zoe"}},
		{"nune", []string{"zoe"}},
		{"美", []string{"mei"}},
		{"zolc", []string{"lukasz"}},
		{"jose", []string{"jose"}},
		{"é", []string{"jose", "zoe", "mei"}}, // an e, in a name or an id
		{"anon", []string{"anon"}},
		{"xyz", nil},
	} {
		t.Run(c.query, func(t *testing.T) {
			atDesk(t, 80, 24, func(d *desk) {
				d.tel.connect(people...)
				d.settle()
				d.press("/")
				d.typed(c.query)
				d.order(c.want...)
			})
		})
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct{ in, query, want string }{
		{"Bob Okafor", "oka", "Bob [Oka]for"},
		{"Zoë Núñez", "nun", "Zoë [Núñ]ez"},
		{"Jose\u0301 X", "jose", "[Jose\u0301] X"},
		{"Jose\u0301 X", "se x", "Jo[se\u0301 X]"},
		{"陈美玲", "美", "陈[美]玲"},
		{"Łódź", "lodz", "[Łódź]"},
		{"Strauß AG", "uss", "Stra[uß] AG"},
		{"Strauß AG", "us", "Stra[uß] AG"},
		{"Strauß AG", "s ag", "Strau[ß AG]"},
		{"Søren Æ", "soren a", "[Søren Æ]"},
		{"Đặng Nguyễn", "nguyen", "Đặng [Nguyễn]"},
		{"a", "", "no"},
		{"a", "b", "no"},
		{"", "b", "no"},
		{"Ana…", "anna", "no"},
	} {
		got := "no"
		if from, to, ok := match(c.in, c.query); ok {
			got = c.in[:from] + "[" + c.in[from:to] + "]" + c.in[to:]
		}
		if got != c.want {
			t.Errorf("%q in %q is %q, not %q", c.query, c.in, got, c.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"Zoë Núñez", "Jose\u0301", "\u0301\u0301", "陈美玲", "ẞ\xff", "İstanbul"} {
		f.Add(s, "e")
	}
	f.Fuzz(func(t *testing.T, in, typed string) {
		in, query := Clean(in, 100), fold(typed)
		from, to, ok := match(in, query)
		if ok != (query != "" && strings.Contains(fold(in), query)) {
			t.Fatalf("%q in %q is %v", query, in, ok)
		}
		if ok && !strings.Contains(fold(in[from:to]), query) {
			t.Fatalf("%q in %q marks %q", query, in, in[from:to])
		}
	})
}

// The match is underlined: it is not told by colour alone.
func TestTheMatchIsMarked(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.press("/")
		d.typed("oka")
		marked := d.model.marked("Bob Okafor", d.model.styles.accent, 4, 7)
		if !strings.Contains(d.model.View().Content, marked) || ansi.Strip(marked) != "Bob Okafor" {
			t.Errorf("%q is not on the screen:\n%q", marked, d.model.View().Content)
		}
		d.press("esc", "/")
		d.typed("carla") // the id of somebody whose name says it too
		d.tel.connect(contact("xy12", "Ellen", calls.Online))
		d.settle()
		d.press("esc", "/")
		d.typed("y1")
		d.reads("Ellen xy12")
	})
}

// The directory is loaded as one scrolls, and the list says how many there are.
func TestManyPeople(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.crowd(250)
		d.reads("Person 0000", "1 of 250; / searches")
		for range 120 {
			d.press("down")
		}
		d.reads("Person 0120", "121 of 250")
		d.press("home", "G") // all the way
		d.reads("Person 0249", "250 of 250")
		asked := len(d.tel.asked)
		d.press("home", "down", "down", "G")
		if n := len(d.tel.asked) - asked; n != 0 {
			t.Errorf("the server was asked %d times for what is there: %v", n, d.tel.asked[asked:])
		}
		d.search("person 0249")
		d.reads("Person 0249")
	})
}

// A search that finds many is paged too.
func TestManyAreFound(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.crowd(250)
		d.search("person")
		d.reads("1 of 250")
		for range 240 {
			d.press("down")
		}
		d.reads("Person 0240", "241 of 250")
	})
}

// Nobody falls between two pages when a favourite changed their order.
func TestAFavouriteMovesThePages(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.crowd(250)
		d.press("f") // the first, already first
		d.tel.people[0], d.tel.people[249] = d.tel.people[249], d.tel.people[0]
		d.press("G", "G", "G", "home") // another order now, as after a favourite of another phone
		d.press("f", "G")
		if n := len(d.model.listed()); n != 250 {
			t.Errorf("%d are listed, not 250", n)
		}
	})
}

// Of people whom the snapshot does not hold the server tells nothing by itself:
// the list asks for them again when one comes by, not more often than needed.
func TestOldPagesAreAskedForAgain(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.crowd(150)
		asked := len(d.tel.asked)
		d.press("down", "down")
		d.tel.people[2].Presence = calls.Online
		d.reads("· Person 0002")
		if n := len(d.tel.asked) - asked; n != 0 {
			t.Errorf("asked %d times at once", n)
		}
		d.pass(stale + time.Second)
		if n := len(d.tel.asked) - asked; n != 0 {
			t.Errorf("asked %d times while idle", n)
		}
		d.press("up", "down", "up")
		d.reads("● Person 0002")
		if n := len(d.tel.asked) - asked; n != 1 {
			t.Errorf("asked %d times, not once", n)
		}
	})
}

// Every action of the lists can be found by its name.
func TestThePaletteHasTheListsActions(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.history()
		d.press("ctrl+p")
		d.typed("favour")
		d.press("enter")
		d.did("favourite bob true")
		d.press("tab", "ctrl+p")
		d.typed("missed")
		d.press("enter")
		d.lacks("busy")
	})
}

// What is on the list is not worked out anew for each frame.
func TestTheListIsMadeOnce(t *testing.T) {
	atDesk(t, 80, 24, func(d *desk) {
		d.crowd(5000)
		d.press("G")
		d.reads("5000 of 5000")
		if n := testing.AllocsPerRun(20, func() { d.model.listed() }); n > 0 {
			t.Errorf("looking at the list allocates %v times", n)
		}
		d.model.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
		few := testing.AllocsPerRun(20, func() { d.model.View() })
		if few > 2000 {
			t.Errorf("a picture of 24 rows allocates %v times", few)
		}
	})
}
