package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/spf13/cobra"

	"tring/calls"
	"tring/calls/wire"
	"tring/config"
	"tring/ui"
	"tring/ui/host"
)

// hostel is an exchange for the people of a house, whose logins are made without
// ssh.
type hostel struct {
	*house
	*exchange
	lines *host.Lines
}

func newHostel(t *testing.T, people ...calls.UserID) *hostel {
	t.Helper()
	h := &hostel{house: newHouse(t), lines: host.NewLines(nil, slog.New(slog.DiscardHandler))}
	folder := filepath.Join(h.dir, "host")
	signer, err := host.Key(filepath.Join(folder, "key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.srv.EnrolHost(h.ctx, signer.PublicKey()); err != nil {
		t.Fatal(err)
	}
	for _, user := range people {
		if _, err := h.srv.Admin().InviteUser(h.ctx, user, "", 0); err != nil {
			t.Fatal(err)
		}
	}
	a := &app{version: "test"}
	if h.exchange, err = a.openExchange(Account{URL: localURL(h.srv), Pin: h.srv.Pin(), Signer: signer}, folder, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return h
}

// guest is a login, and whoever sits there.
type guest struct {
	t     *testing.T
	login *host.Login
	keys  *io.PipeWriter
	leave context.CancelFunc
	ended chan int

	mu    sync.Mutex
	glass *vt.Emulator
	lines bytes.Buffer
	stuck chan struct{} // while open, nothing that is written is taken
}

// enter logs in: with a terminal, or a command without one.
func (h *hostel) enter(user calls.UserID, env map[string]string, args ...string) *guest {
	h.t.Helper()
	in, keys := io.Pipe()
	g := &guest{t: h.t, keys: keys, ended: make(chan int, 1), glass: vt.NewEmulator(80, 24), stuck: make(chan struct{})}
	close(g.stuck)
	go func() { _, _ = io.Copy(io.Discard, g.glass) }() // its answers to the program's questions
	h.t.Cleanup(func() {
		if answers, ok := g.glass.InputPipe().(io.Closer); ok {
			_ = answers.Close()
		}
	})
	g.login = &host.Login{
		User: user, Fingerprint: "SHA256:" + string(user), Args: args, In: in, Out: g, Err: g,
		Getenv: func(name string) string { return env[name] }, Line: h.lines.Open(string(user), "SHA256:"+string(user)),
	}
	if len(args) == 0 {
		g.login.Terminal = &host.Terminal{Size: host.Size{Width: 80, Height: 24}}
	}
	ctx, leave := context.WithCancel(h.ctx)
	g.leave = leave
	over := make(chan struct{})
	go func() {
		defer close(over)
		code := h.runLogin(ctx, g.login)
		_ = in.Close()
		_ = g.login.Line.Close()
		g.ended <- code
	}()
	h.t.Cleanup(func() {
		leave()
		<-over
	})
	return g
}

// answers waits for calls as somebody, whose command gives the server so little time
// that on a slow machine it may have to be given again.
func (h *hostel) answers(user calls.UserID, flags ...string) (g *guest) {
	h.t.Helper()
	const connected = `"connected"`
	until(h.t, string(user)+" can be called", func() bool {
		g = h.enter(user, nil, append([]string{"answer", "--json"}, flags...)...)
		until(h.t, string(user)+" is connected, or never", func() bool {
			return strings.Contains(g.text(), connected) || len(g.ended) > 0
		})
		return strings.Contains(g.text(), connected)
	})
	return g
}

// Write takes what is shown, with the new lines of a terminal.
func (g *guest) Write(p []byte) (int, error) {
	g.mu.Lock()
	stuck := g.stuck
	g.mu.Unlock()
	<-stuck
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lines.Write(p)
	_, err := g.glass.Write([]byte(strings.ReplaceAll(string(p), "\n", "\r\n")))
	return len(p), err
}

// stops takes nothing of what is written any more, until goOn.
func (g *guest) stops() (goOn func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	stuck := make(chan struct{})
	g.stuck = stuck
	return sync.OnceFunc(func() { close(stuck) })
}

// text is the screen of a guest with a terminal, and all lines of one without.
func (g *guest) text() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.login.Terminal != nil {
		return g.glass.String()
	}
	return g.lines.String()
}

func (g *guest) sees(want string) {
	g.t.Helper()
	g.t.Logf("waiting for %q", want)
	until(g.t, string(g.login.User)+" sees "+want, func() bool { return strings.Contains(g.text(), want) })
}

// seesOne waits for one of some words, and says which came.
func (g *guest) seesOne(words ...string) (seen string) {
	g.t.Helper()
	until(g.t, fmt.Sprintf("%s sees one of %q", g.login.User, words), func() bool {
		text := g.text()
		at := slices.IndexFunc(words, func(w string) bool { return strings.Contains(text, w) })
		if at >= 0 {
			seen = words[at]
		}
		return at >= 0
	})
	return seen
}

func (g *guest) seesNo(words string) {
	g.t.Helper()
	if strings.Contains(g.text(), words) {
		g.t.Errorf("the screen says\n%s", g.text())
	}
}

func (g *guest) types(keys string) {
	g.t.Helper()
	if _, err := io.WriteString(g.keys, keys); err != nil {
		g.t.Fatal(err)
	}
}

// ends is how the login ended, after the person left it or not.
func (g *guest) ends() int { return <-g.ended }

var colours = map[string]string{"TERM": "xterm-256color"}

// Logins are telephones: two people who came by ssh call each other. Somebody who
// reads nothing costs them nothing, and neither his phone.
func TestLoginsCall(t *testing.T) {
	h := newHostel(t, "ann", "bob", "cyd")
	ann, bob, cyd := h.enter("ann", colours), h.enter("bob", colours), h.enter("cyd", colours)
	cyd.sees("cyd · online")
	goOn := cyd.stops()
	defer goOn()

	ann.sees("bob")
	ann.sees("No sound")
	bob.sees("bob · online")
	ann.types("/bob\r")
	bob.sees("is calling you")
	tries := 0
	until(t, "the key is taken", func() bool { // not at once: a call that just came takes none
		if tries++; tries%60 == 0 {
			bob.types("a")
		}
		return strings.Contains(bob.text(), "talking")
	})
	ann.sees("talking")
	ann.leave() // her connection is gone
	bob.sees("ann hung up")

	// Cyd's phone rings though his terminal takes nothing.
	bob.types("x")
	bob.sees("bob · online")
	bob.types("/cyd\r")
	bob.sees("ringing")
	cyd.leave()
	goOn() // as the connection is closed
	if code := cyd.ends(); code != exitOK {
		t.Errorf("a login whose client is gone ends with %d", code)
	}
}

// Each terminal has the colours that it can show, and its person's language.
func TestLoginsHaveTheirOwnTerminals(t *testing.T) {
	h := newHostel(t, "ann", "bob")
	plain := h.enter("ann", map[string]string{"TERM": "xterm-256color", "NO_COLOR": "1", "LANG": "de_DE.UTF-8"})
	vivid := h.enter("bob", map[string]string{"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "en_GB.UTF-8"})
	plain.sees("Kein Ton")
	vivid.sees("No sound")
	sent := func(g *guest) string {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.lines.String()
	}
	if strings.Contains(sent(plain), "[38;") {
		t.Error("colours for somebody who wants none")
	}
	if !strings.Contains(sent(vivid), "[38;2;") {
		t.Error("no true colours for a terminal that has them")
	}
	dumb := h.enter("ann", map[string]string{"TERM": "dumb"})
	dumb.sees("Type ? for help")
}

// A login has nothing of the host's environment, files and devices.
func TestALoginHasNothingOfTheHost(t *testing.T) {
	getenv := homeAt("/people/ann", func(name string) string { return "of the host's: " + name })
	for _, name := range []string{"TRING_AUDIO", "TRING_LABEL", "TRING_LOG_LEVEL", "SSH_AUTH_SOCK", "HOME"} {
		if got := getenv(name); got != "" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if got := getenv("TRING_HOME"); got != "/people/ann" {
		t.Errorf("TRING_HOME is %q", got)
	}
	a := &app{hosted: &hosted{}}
	for _, cmd := range everyCommand(a.hostedCommand()) {
		for _, flag := range []string{"audio", "record", "process", "data", "key", "listen"} {
			if cmd.Flags().Lookup(flag) != nil {
				t.Errorf("%s has --%s", cmd.CommandPath(), flag)
			}
		}
	}
}

// TestClockOfALogin: times are those of the client's place, where it says one.
func TestClockOfALogin(t *testing.T) {
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	if _, err := time.LoadLocation("Asia/Tokyo"); err != nil {
		t.Skipf("SKIPPED: this machine knows no time zones: %v", err)
	}
	for zone, want := range map[string]string{"": "12:00", "Asia/Tokyo": "21:00", "UTC": "12:00", "Nowhere/Land": "12:00", "../etc": "12:00"} {
		if got := clockIn(zone, now)().Format("15:04"); got != want {
			t.Errorf("in %q it is %s, want %s", zone, got, want)
		}
	}
}

func everyCommand(root *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{root}
	for _, c := range root.Commands() {
		all = append(all, everyCommand(c)...)
	}
	return all
}

// Of the program's commands a login has those of a telephone.
func TestCommandsOfALogin(t *testing.T) {
	h := newHostel(t, "ann")
	offered := []string{"answer", "call", "contacts", "history", "phones", "presence", "version"}
	for _, c := range (&app{}).rootCommand().Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		g := h.enter("ann", nil, c.Name(), "--help")
		code := g.ends()
		switch offers := slices.Contains(offered, c.Name()); {
		case offers && code != exitOK:
			t.Errorf("%s --help ends with %d: %s", c.Name(), code, g.text())
		case !offers && (code != exitUsage || !strings.Contains(g.text(), "no command") || strings.Count(g.text(), "\n") != 1):
			t.Errorf("%s ends with %d: %s", c.Name(), code, g.text())
		}
	}
	help := h.enter("ann", nil, "help")
	if help.ends(); !strings.Contains(help.text(), "  ssh HOST [flags]\n") || !strings.Contains(help.text(), "  ssh HOST [command]\n") {
		t.Errorf("help says\n%s", help.text())
	}
	for _, args := range [][]string{{"__complete", ""}, {"completion", "bash"}, {"--version"}, {"../sh"}, {strings.Repeat("x", 10_000)}} {
		if g := h.enter("ann", nil, args...); g.ends() != exitUsage || strings.Count(g.text(), "\n") != 1 || len(g.text()) > 1000 {
			t.Errorf("%.20q: %.100s", args, g.text())
		}
	}
	if g := h.enter("../ann", nil, "version"); g.ends() != exitFailure || !strings.Contains(g.text(), "must begin") {
		t.Errorf("a name that is a path: %s", g.text())
	}
}

// What a person sets is kept at the host, for nobody else to read, and is no
// device and no file of the host's.
func TestSettingsOfALogin(t *testing.T) {
	h := newHostel(t, "ann")
	g := h.enter("ann", colours)
	g.sees("ann · online")
	a := &app{getenv: homeAt(filepath.Join(h.people, "ann"), g.login.Getenv), hosted: &hosted{login: g.login, account: h.account}, err: io.Discard}
	a.hosted.account.For = "ann"
	sound, err := a.soundFlag("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.begin(h.ctx, sound, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	d := s.desk(config.Locate(a.getenv), a.getenv)
	read := d.Read()
	for _, key := range []string{"audio.input", "audio.output", "audio.ring", "tones.ring"} {
		if _, there := read[key]; there {
			t.Errorf("%s is there", key)
		}
		if err := d.Change(h.ctx, changeOf(key, "/etc/passwd")); err == nil {
			t.Errorf("%s was set", key)
		}
	}
	if err := d.Change(h.ctx, changeOf("label", strings.Repeat("x", 500))); err == nil {
		t.Error("a label of 500 letters was kept")
	}
	if err := d.Change(h.ctx, changeOf("theme", "light")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(h.people, "ann", "settings.toml")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", file, info, err)
	}
	if data, err := os.ReadFile(file); err != nil || !strings.Contains(string(data), "light") {
		t.Errorf("the settings are %q, %v", data, err)
	}
}

func changeOf(key, value string) ui.Change {
	return ui.Change{Key: key, Values: []string{value}, Number: 1}
}

// A phone that was signed out from another one ends; the next login is a new one.
func TestARemovedLoginComesAgain(t *testing.T) {
	h := newHostel(t, "ann")
	first := h.answers("ann")
	device := func() string {
		id, err := config.ReadDevice(config.Paths{State: filepath.Join(h.people, "ann")})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	was := device()
	if _, err := h.phone("ann", "Ann").Request(h.ctx, wire.RemovePhone{Device: calls.DeviceID(was)}); err != nil {
		t.Fatal(err)
	}
	if code := first.ends(); code != exitFailure {
		t.Errorf("the removed phone ends with %d: %s", code, first.text())
	}
	h.answers("ann")
	if device() == was {
		t.Error("the next login has the same phone")
	}
}

// The server says whose a key is, and an invite makes it somebody's.
func TestWhoseAKeyIs(t *testing.T) {
	h := newHostel(t)
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- h.exchange.run(ctx) }()
	defer func() {
		cancel()
		<-done
	}()
	if err := <-h.linked; err != nil {
		t.Fatal(err)
	}
	signer, err := host.Key(filepath.Join(h.dir, "anns"))
	if err != nil {
		t.Fatal(err)
	}
	key := signer.PublicKey()
	if user, err := h.whose(ctx, key); err != host.ErrUnknownKey {
		t.Errorf("a stranger is %q, %v", user, err)
	}
	invite, err := h.srv.Admin().InviteUser(ctx, "ann", "Ann", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.join(ctx, key, "nonsense"); err == nil {
		t.Error("nonsense is an invite")
	}
	if user, err := h.join(ctx, key, invite); err != nil || user != "ann" {
		t.Errorf("joined as %q, %v", user, err)
	}
	if user, err := h.whose(ctx, key); err != nil || user != "ann" {
		t.Errorf("the key is %q's, %v", user, err)
	}
}
