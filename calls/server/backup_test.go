package server

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tring/calls"
	"tring/calls/wire"
)

// A backup of a running server, restored into an empty folder and into a NATS
// cluster: people and hosts sign in as before, invites hold, and the history is there.
func TestBackupAndRestore(t *testing.T) {
	s, stop := open(t, Config{})
	alice, bob := addUser(t, s, "alice"), addUser(t, s, "bob")
	shell := addHost(t, s, "shell")
	a, b := connect(t, s, alice, "A1"), connect(t, s, bob, "B1")
	var ids []calls.ID
	for range 3 {
		id := newID()
		ids = append(ids, id)
		talk(t, a, b, id)
		a.act(wire.EndCall{CallID: on(id)})
	}
	invite, err := s.Admin().InviteUser(t.Context(), "carol", "Carol", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := DialAdmin(s.cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	var backup bytes.Buffer
	if err := admin.Backup(t.Context(), &backup); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), s.cfg, bytes.NewReader(backup.Bytes())); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("into the folder of a running server: %v", err)
	}
	stop()
	if err := Restore(t.Context(), s.cfg, bytes.NewReader(backup.Bytes())); err == nil || !strings.Contains(err.Error(), "accounts already") {
		t.Errorf("into a folder that is in use: %v", err)
	}
	cut := backup.Bytes()[:backup.Len()-40]
	folder := filepath.Join(t.TempDir(), "new")
	if err := Restore(t.Context(), Config{Data: folder}, bytes.NewReader(cut)); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("half a backup: %v", err)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("half a backup left a data folder: %v", err)
	}
	for name, cfg := range map[string]Config{
		"a folder": {Data: t.TempDir()}, "a cluster": {Data: t.TempDir(), NATS: []string{outsideNATS(t, "", "")}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Timers = unhurried(cfg.Timers)
			if err := Restore(t.Context(), cfg, bytes.NewReader(backup.Bytes())); err != nil {
				t.Fatal(err)
			}
			s, _ := open(t, cfg)
			a := connect(t, s, alice, "A1")
			page := a.ask(wire.History{}).(wire.HistoryPage)
			if len(page.Records) != 3 || page.Records[0].Call.ID != ids[2] || page.Records[0].Direction != calls.Outgoing {
				t.Errorf("the history is %+v", page.Records)
			}
			through(t, s, shell, "bob", "S1")
			signer, _ := key(t)
			secret, _, _ := strings.Cut(invite, ".")
			if _, err := s.enrol(t.Context(), secret, marshalKey(signer.PublicKey()), nil); err != nil {
				t.Errorf("the invite: %v", err)
			}
		})
	}
}

// A restore whose answers are lost on the way writes nothing twice, and does not take
// what it wrote for somebody else's.
func TestRestoreAfterALostAnswer(t *testing.T) {
	s, _ := open(t, Config{})
	ctx := t.Context()
	data, err := json.Marshal(invite{User: "bob", Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{"users", bucketInvites, bucketHistory} {
		line := backupLine{Bucket: bucket, Key: "key", Value: data}
		for range 2 {
			if err := s.store.restore(ctx, line); err != nil {
				t.Errorf("%s: %v", bucket, err)
			}
		}
		line.Value = append(bytes.Clone(data), ' ')
		if err := s.store.restore(ctx, line); (err != nil) != (bucket != "users") {
			t.Errorf("%s, with something else there: %v", bucket, err)
		}
	}
	if info, err := s.store.history.Info(ctx); err != nil || info.State.Msgs != 1 {
		t.Errorf("%d records (%v)", info.State.Msgs, err)
	}
}
