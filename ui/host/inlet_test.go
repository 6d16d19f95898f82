package host

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// repeating is somebody who does not let go of a key.
type repeating struct{ keys string }

func (r repeating) Read(p []byte) (n int, err error) {
	for n+len(r.keys) <= len(p) {
		n += copy(p[n:], r.keys)
	}
	return n, nil
}

// TestKeysArePaced: a key costs a screen, so whoever pours them in waits. A text that
// is pasted, and a line where there is no screen, costs less.
func TestKeysArePaced(t *testing.T) {
	const seconds = 10
	for name, c := range map[string]struct {
		keys     string
		bytes    int // of each
		terminal bool
	}{
		"letters":             {"j", 1, true},
		"letters of two byte": {"ü", 2, true},
		"arrows":              {"\x1b[A", 3, true},
		"old arrows":          {"\x1bOA", 3, true},
		"the wheel":           {"\x1b[<64;80;24M", 12, true},
		"escapes":             {"\x1b", 1, true},
		"alt":                 {"\x1bj", 2, true},
		"lines":               {"j", lineBytes, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := newInlet(repeating{c.keys}, &connection{ctx: t.Context()}, c.terminal)
				poured, buffer := 0, make([]byte, 1<<10)
				for began := time.Now(); time.Since(began) < seconds*time.Second; {
					n, err := in.Read(buffer)
					if err != nil {
						t.Fatal(err)
					}
					poured += n
				}
				least, most := (keyBurst+(seconds-1)*keyRate)*c.bytes, (keyBurst+(seconds+1)*keyRate)*c.bytes
				if poured < least || poured > most {
					t.Errorf("%d bytes came through in %d s, wanted %d to %d", poured, seconds, least, most)
				}
			})
		})
	}
}

// TestHandsAreNotSlowed: what hands do comes at once, and as it is.
func TestHandsAreNotSlowed(t *testing.T) {
	for name, typed := range map[string]string{
		"a word":     "jane\r",
		"a flick":    strings.Repeat("\x1b[<65;12;12M", 200),
		"a paste":    "\x1b[200~" + strings.Repeat("a long text of many words ", 400) + "\x1b[201~x",
		"everything": "ä\x1b\x1b[1;2A\x1b]11;rgb:00/00/00\x1b\\\x1bP>|term\x1b\\\x1b[200~\x1b]x\x1b[201~€",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				in := newInlet(strings.NewReader(typed), &connection{ctx: t.Context()}, true)
				got, err := io.ReadAll(in)
				if err != nil || string(got) != typed || time.Since(began) > 0 {
					t.Errorf("%q came after %v, %v", got, time.Since(began), err)
				}
			})
		})
	}
}

// TestKeysComeWhole: a wheel that turns too fast waits between its keys, not in them.
func TestKeysComeWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInlet(repeating{"\x1b[<64;80;24M"}, &connection{ctx: t.Context()}, true)
		buffer := make([]byte, 12*100)
		for range 300 {
			n, err := in.Read(buffer)
			if err != nil || n%12 != 0 || buffer[n-1] != 'M' {
				t.Fatalf("%q came, %v", buffer[:n], err)
			}
		}
	})
}

// TestPasteEnds: one that has no end is ended, since all of it waits in memory.
func TestPasteEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := strings.Repeat("x", 2*pasteMost)
		in := newInlet(strings.NewReader("\x1b[200~"+text+"\x1b[201~j"), &connection{ctx: t.Context()}, true)
		got, err := io.ReadAll(in)
		before, after, ended := strings.Cut(string(got), pasteEnd)
		if err != nil || !ended || len(before) > pasteMost+10 || len(before) < pasteMost-10 || after != "j" {
			t.Errorf("%d bytes, then %.20q, %v", len(before), after, err)
		}
	})
}

// TestKeysEnd: what was typed before the end comes before it.
func TestKeysEnd(t *testing.T) {
	broken := errors.New("broken")
	in := newInlet(io.MultiReader(strings.NewReader("jk"), failing{broken}), &connection{ctx: t.Context()}, true)
	got, err := io.ReadAll(in)
	if string(got) != "jk" || !errors.Is(err, broken) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestKeysThatWaitWhenTheClientGoes are not passed on; the login hears of the end as
// of any other, after what is to be done first.
func TestKeysThatWaitWhenTheClientGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, gone := context.WithCancel(t.Context())
		in := newInlet(repeating{"j"}, &connection{ctx: ctx}, true)
		held := 0
		in.hold = func() { held++ }
		gone()
		for range 2 {
			got, err := io.ReadAll(in)
			if len(got) > keyBurst || err != nil {
				t.Errorf("%d keys came, %v", len(got), err)
			}
		}
		if held != 2 {
			t.Errorf("of two ends %d were held back", held)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
