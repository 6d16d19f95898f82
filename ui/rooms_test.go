package ui

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"

	"tring/calls"
)

// house is all that the rooms work with: accounts, phones, a log, and a server to
// join.
type house struct {
	tel    *telephone
	own    OwnAccount
	phones []calls.PhoneInfo
	log    LogPage
	reads  int   // of the log
	lists  int   // of the phones
	refuse error // to do anything
	used   []SavedAccount
	joined []string
	steps  chan JoinStep // of a login; closed: it is done
	fault  error         // of the login
}

var _ Accounts = (*house)(nil)

func (h *house) Own(context.Context) (OwnAccount, error) { return h.own, h.refuse }

func (h *house) Phones(context.Context) ([]calls.PhoneInfo, error) {
	h.lists++
	return h.phones, h.refuse
}

func (h *house) RemovePhone(_ context.Context, id calls.DeviceID) error {
	if h.refuse != nil {
		return h.refuse
	}
	for i, p := range h.phones {
		if p.Device.ID == id {
			h.phones = append(h.phones[:i:i], h.phones[i+1:]...)
		}
	}
	return nil
}

func (h *house) SetPresence(_ context.Context, p calls.Presence) error {
	if h.refuse != nil {
		return h.refuse
	}
	return h.tel.step(calls.AccountUpdate{Settings: calls.Settings{Presence: p}})
}

func (h *house) Use(_ context.Context, s SavedAccount) error {
	h.used = append(h.used, s)
	return h.refuse
}

func (h *house) readLog(_ context.Context, known int64) (LogPage, error) {
	h.reads++
	page := h.log
	if page.Size == known {
		page.Lines = nil
	}
	return page, h.refuse
}

func (h *house) join(ctx context.Context, address, invite string, tell func(JoinStep)) error {
	h.joined = append(h.joined, address+" "+invite)
	for {
		select {
		case s, ok := <-h.steps:
			if !ok {
				return h.fault
			}
			tell(s)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// inHouse runs a test at a desk whose rooms are furnished.
func inHouse(t *testing.T, width, height int, cfg Config, test func(*desk, *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{
			own: OwnAccount{
				Server: "wss://phone.example:7433", Fingerprint: "SHA256:xdXluz0XyvL8oCvwsLGOfvwjhaGBlfesMpJ6D30Kn+E",
				KeyFile: "/home/ada/.ssh/id_ed25519",
				Saved: []SavedAccount{
					{User: "ada", Name: "Ada Lovelace", Server: "wss://phone.example:7433", InUse: true},
					{User: "lovelace", Server: "wss://work.example"},
				},
			},
			phones: []calls.PhoneInfo{
				{Device: calls.Device{ID: "d1", Label: "laptop"}, Kind: "phone", Online: true, This: true},
				{Device: calls.Device{ID: "d2", Label: "kitchen"}, Kind: "phone", Online: true},
				{Device: calls.Device{ID: "d3", Label: "old \x1b[2Jone"}, LastSeen: time.Date(1999, 12, 24, 18, 0, 0, 0, time.UTC)},
			},
			log:   someLog(12),
			steps: make(chan JoinStep),
		}
		cfg.Motion, cfg.Accounts, cfg.Log = true, h, h.readLog
		cfg.Guide.Join = h.join
		if cfg.Theme == "" {
			cfg.Theme = ThemeDark
		}
		d := newDesk(t, width, height, cfg)
		h.tel = d.tel
		d.tel.connect(fourContacts()...)
		d.settle()
		defer d.leave()
		test(d, h)
	})
}

// someLog has lines of all levels.
func someLog(n int) LogPage {
	page := LogPage{Path: "/home/ada/.local/state/tring/log"}
	for i := range n {
		line := LogLine{
			Offset: page.Size, At: time.Date(1999, 12, 31, 23, i, 0, 0, time.UTC),
			Text: fmt.Sprintf("attempt %d: signed in server=phone.example:7433 user=ada", i),
		}
		switch i % 6 {
		case 3:
			line.Level, line.Text = slog.LevelWarn, fmt.Sprintf("no \x1b[31mmicrophone device=%d", i)
		case 5:
			line.Level, line.Text = slog.LevelError, fmt.Sprintf("attempt %d: dial tcp 192.0.2.7:7433: connection refused; trying again in a little while, and then again", i)
		}
		page.Lines, page.Size = append(page.Lines, line), page.Size+100
	}
	return page
}

// roomScenes leads to every room.
func roomScenes() map[string]func(*desk, *house) {
	return map[string]func(*desk, *house){
		"account":        func(d *desk, _ *house) { d.press("A") },
		"account-other":  func(d *desk, _ *house) { d.press("A", "G") },
		"account-remove": func(d *desk, _ *house) { d.press("A", "j", "j", "x") },
		"account-trial": func(d *desk, h *house) {
			h.own = OwnAccount{Server: "ws://127.0.0.1:4242", Fingerprint: h.own.Fingerprint, Trial: true}
			h.phones = h.phones[:1]
			d.press("A")
		},
		"account-offline": func(d *desk, h *house) { h.refuse = calls.ErrOffline; d.press("A") },
		"log":             func(d *desk, _ *house) { d.press("L") },
		"log-trouble":     func(d *desk, _ *house) { d.press("L", "e") },
		"log-search":      func(d *desk, _ *house) { d.press("L", "/"); d.typed("refused") },
		"log-empty":       func(d *desk, h *house) { h.log.Lines = nil; d.press("L") },
		"guide":           func(d *desk, _ *house) { d.press("W") },
		"guide-join":      func(d *desk, _ *house) { d.press("W", "j", "enter"); d.typed("phone.example") },
		"guide-joining": func(d *desk, h *house) {
			d.press("W", "j", "enter")
			d.typed("tring login wss://phone.example --invite s3cret")
			d.press("enter")
			h.steps <- JoinKey
			h.steps <- JoinInvite
			d.pass(3 * time.Second)
		},
		"guide-refused": func(d *desk, h *house) {
			h.fault = fmt.Errorf("log in: %w", calls.ErrInviteInvalid)
			close(h.steps)
			d.press("W", "j", "enter")
			d.typed("tring login wss://phone.example --invite s3cret")
			d.press("enter")
		},
		"guide-serve": func(d *desk, _ *house) { d.press("W", "G", "enter") },
	}
}

func TestRooms(t *testing.T) {
	for name, scene := range roomScenes() {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size.width, size.height), func(t *testing.T) {
				inHouse(t, size.width, size.height, Config{Guide: Guide{Echo: "echo"}}, func(d *desk, h *house) {
					scene(d, h)
					d.isSane()
					golden.RequireEqual(t, trimmed(d.terminal(colorprofile.TrueColor).String()))
				})
			})
		}
	}
}

func TestRoomsInColour(t *testing.T) {
	for _, name := range []string{"account", "log", "guide", "guide-refused"} {
		for look, cfg := range colourings() {
			t.Run(name+"-"+look, func(t *testing.T) {
				inHouse(t, 80, 24, Config{Theme: cfg.theme, Guide: Guide{Echo: "echo"}}, func(d *desk, h *house) {
					roomScenes()[name](d, h)
					golden.RequireEqual(t, trimmed(d.terminal(cfg.colours).Render()))
				})
			})
		}
	}
}

func TestRoomsAtEverySize(t *testing.T) {
	for name, scene := range roomScenes() {
		t.Run(name, func(t *testing.T) {
			inHouse(t, 80, 24, Config{Guide: Guide{Echo: "echo"}}, func(d *desk, h *house) {
				scene(d, h)
				for width := 0; width <= 200; width += 1 + width/2 {
					for height := 0; height <= 60; height += 1 + height/2 {
						d.resize(width, height)
						d.isSane()
					}
				}
			})
		})
	}
}

// The rooms are entered from the lists, from each other and from the palette;
// where there is nothing behind a door there is no door.
func TestDoors(t *testing.T) {
	inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
		d.press("A")
		d.reads("SHA256:")
		d.press("L")
		d.reads("/home/ada/.local/state/tring/log")
		d.press("W")
		d.reads("Join a server")
		d.press("esc")
		d.reads("Bob Okafor")
		d.press("tab", "A")
		d.reads("SHA256:")
		d.press("q")
		if d.quit {
			t.Fatal("q left the program, not the room")
		}
		d.press("?")
		d.typed("o")
		d.reads("A account", "L log", "W ways to begin")
		d.press("esc", "ctrl+p")
		d.typed("ways")
		d.press("enter")
		d.reads("Be a server")
		d.press("esc", "tab", "/", "A", "L")
		d.reads("/ AL") // letters of a search
	})
	atDesk(t, 80, 24, func(d *desk) {
		d.press("A", "L", "W")
		d.reads("Bob Okafor")
		d.press("ctrl+p")
		d.lacks("account", "log", "ways to begin")
	})
}

// A call takes the screen over from a room, and gives it back.
func TestRoomsStandBackForCalls(t *testing.T) {
	for _, door := range []string{"A", "L", "W"} {
		t.Run(door, func(t *testing.T) {
			inHouse(t, 80, 24, Config{}, func(d *desk, _ *house) {
				d.press(door)
				before := d.screen()
				d.tel.ring(otherCall, "carla", calls.Audio)
				d.settle()
				d.reads("is calling you")
				d.hit("a")
				d.tel.media(otherCall, "carla-phone", calls.MediaConnected)
				d.settle()
				d.reads("talking")
				d.press(door) // opens nothing
				d.reads("talking")
				d.press("h")
				d.hit("esc")
				if d.screen() != before {
					t.Errorf("after the call it is\n%s\nand was\n%s", d.screen(), before)
				}
			})
		})
	}
}

var errDisk = errors.New("open \x1b[2Jlog: permission denied")

func pasted(text string) tea.PasteMsg { return tea.PasteMsg{Content: text} }

// explains checks what the last row says of the keys.
func (d *desk) explains(words ...string) {
	d.t.Helper()
	for _, w := range words {
		if !strings.Contains(d.last(), w) {
			d.t.Fatalf("the last row does not say %q: %q", w, d.last())
		}
	}
}

// The keys of the rooms may be others, and may not mean two things in one room.
func TestKeysOfTheRooms(t *testing.T) {
	inHouse(t, 80, 24, Config{Keys: map[string][]string{"account": {"ctrl+a"}, "do_not_disturb": {"z"}}}, func(d *desk, _ *house) {
		d.press("A")
		d.lacks("SHA256:")
		d.press("ctrl+a", "z")
		d.reads("on: no call rings")
		d.explains("z ring again")
	})
	for name, with := range map[string]string{"remove": "do_not_disturb", "log": "favourite", "trouble": "search", "guide": "settings"} {
		keys, _, err := newKeymap(Language{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range keys.entries() {
			if e.name != with {
				continue
			}
			_, err := CheckKeys(map[string][]string{name: e.binding.Keys()[:1]})
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), with) {
				t.Errorf("%s on the key of %s: %v", name, with, err)
			}
		}
	}
}
