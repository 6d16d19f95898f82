package cli

import (
	"log/slog"
	"testing"
	"time"

	"tring/calls"
	"tring/config"
)

// What is left to tell is told for an hour, by the phone that left it or, for
// another one, on the way.
func TestWhatIsLeftToTell(t *testing.T) {
	paths := config.Paths{State: t.TempDir()}
	account := config.Account{Server: "wss://phone.example.org", User: "alice"}
	now := time.Now()
	for device, ended := range map[string][]time.Duration{
		"01MINE": {time.Minute, 3 * time.Hour}, "01OTHER": {time.Minute}, "01STALE": {25 * time.Hour},
	} {
		left := config.Unsent{Server: account.Server, User: account.User, Device: device}
		for i, ago := range ended {
			left.Ends = append(left.Ends, config.UnsentEnd{Call: device + string(rune('a'+i)), At: now.Add(-ago)})
		}
		if err := config.SaveUnsent(paths, left); err != nil {
			t.Fatal(err)
		}
	}
	u := openUnsent(paths, account, "01MINE", slog.New(slog.DiscardHandler))
	if mine := u.recall(); len(mine) != 1 || mine[0].Call != "01MINEa" || !mine[0].At.Equal(now.Add(-time.Minute)) {
		t.Errorf("this phone left %+v", mine)
	}
	if len(u.others) != 1 || u.others[0].Device != "01OTHER" {
		t.Errorf("other phones left %+v", u.others)
	}
	if !u.recalled(calls.Unsent{Call: "01MINEa"}) || u.recalled(calls.Unsent{Call: "01NEWS"}) {
		t.Error("an end of this run is told apart from those of the last one")
	}
	all, err := config.LoadUnsent(paths, account)
	if err != nil || len(all) != 2 {
		t.Errorf("what is too old is still there: %+v, %v", all, err)
	}
	u.keep(u.mine, nil)
	if again := openUnsent(paths, account, "01MINE", slog.New(slog.DiscardHandler)); len(again.recall()) != 0 {
		t.Errorf("what was told is still there: %+v", again.recall())
	}
}
