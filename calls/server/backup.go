package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A backup is accounts, invites, secrets and history as lines of JSON, the same
// whether they come from a data folder or a NATS cluster; so it is also the way
// from the one to the other. Live calls are not in it: they would be over when it
// is restored. The last line says how many there were before it, so that a backup
// that was cut off is seen.

type backupLine struct {
	Bucket string `json:"bucket"` // or "history", or "end"
	Key    string `json:"key,omitempty"`
	Value  []byte `json:"value,omitempty"`
	Lines  int    `json:"lines,omitempty"` // of "end"
}

const (
	bucketHistory = "history"
	bucketInvites = "invites"
	backupEnd     = "end"
)

func (st *store) kept() map[string]jetstream.KeyValue {
	return map[string]jetstream.KeyValue{"users": st.users, "secrets": st.secrets, bucketInvites: st.invites}
}

// backup writes a backup; the server may serve meanwhile.
func (st *store) backup(ctx context.Context, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out, lines := json.NewEncoder(w), 0
	put := func(l backupLine) error {
		lines++
		if err := out.Encode(l); err != nil {
			return fmt.Errorf("write backup: %w", err)
		}
		return nil
	}
	for name, kv := range st.kept() {
		watch, err := kv.WatchAll(ctx, jetstream.IgnoreDeletes())
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		for e := range watch.Updates() {
			if e == nil {
				break
			}
			if err := put(backupLine{Bucket: name, Key: e.Key(), Value: e.Value()}); err != nil {
				return err
			}
		}
		if err := watch.Stop(); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	if err := st.eachRecord(ctx, put); err != nil {
		return err
	}
	return put(backupLine{Bucket: backupEnd, Lines: lines})
}

// eachRecord hands out the history, oldest first.
func (st *store) eachRecord(ctx context.Context, put func(backupLine) error) error {
	info, err := st.history.Info(ctx)
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	if info.State.Msgs == 0 {
		return nil
	}
	consumer, err := st.history.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read history: %w", err)
		}
		if err := put(backupLine{bucketHistory, strings.TrimPrefix(m.Subject(), historySubject), m.Data(), 0}); err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read history: %w", err)
		}
		if meta.Sequence.Stream >= info.State.LastSeq || meta.NumPending == 0 {
			return nil
		}
	}
}

// Restore fills an empty store from a backup: that of the data folder, or the NATS
// cluster that cfg names. No server may run on the folder. A store that has
// accounts already is refused.
func Restore(ctx context.Context, cfg Config, r io.Reader) (err error) {
	if cfg.Data == "" {
		return errors.New("no data folder is named")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	made := missing(cfg.Data)
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	lock, err := lockData(cfg.Data)
	if err != nil {
		return err
	}
	defer lock.Close()
	defer func() { // after the store is closed
		if err != nil {
			unmake(cfg.Data, made, cfg.Log)
		}
	}()
	lines, err := readBackup(r)
	if err != nil {
		return err
	}
	st, err := openStore(ctx, cfg, cfg.Log)
	if err != nil {
		return err
	}
	defer st.close()
	if keys, err := st.users.Keys(ctx); err == nil && len(keys) > 0 {
		return errors.New("the store has accounts already; a backup is restored into an empty one only")
	}
	for _, l := range lines {
		if err := st.restore(ctx, l); err != nil {
			return fmt.Errorf("restore %s %s: %w", l.Bucket, l.Key, err)
		}
	}
	return nil
}

// readBackup reads the whole of it first, so that half a backup changes nothing.
func readBackup(r io.Reader) ([]backupLine, error) {
	var lines []backupLine
	for in := json.NewDecoder(bufio.NewReader(r)); ; {
		var l backupLine
		err := in.Decode(&l)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("the backup is cut off: its last line is missing")
		case err != nil:
			return nil, fmt.Errorf("read backup: %w", err)
		case l.Bucket == backupEnd && l.Lines != len(lines):
			return nil, fmt.Errorf("the backup has %d lines and should have %d", len(lines), l.Lines)
		case l.Bucket == backupEnd:
			return lines, nil
		}
		lines = append(lines, l)
	}
}

func (st *store) restore(ctx context.Context, l backupLine) error {
	if l.Bucket == bucketHistory {
		return st.restoreRecord(ctx, l)
	}
	kv, ok := st.kept()[l.Bucket]
	if !ok {
		return errors.New("this version of tring does not know it")
	}
	if l.Bucket == bucketInvites {
		var inv invite
		if err := json.Unmarshal(l.Value, &inv); err != nil {
			return err
		}
		left := time.Until(inv.Expires) + inviteKept
		if left < time.Second {
			return nil
		}
		_, err := kv.Create(ctx, l.Key, l.Value, jetstream.KeyTTL(left.Round(time.Second)))
		if !conflict(err) {
			return err
		}
		e, getErr := kv.Get(ctx, l.Key)
		if getErr == nil && bytes.Equal(e.Value(), l.Value) { // a try whose answer was lost
			return nil
		}
		return errors.Join(err, getErr)
	}
	_, err := insist(ctx, func(ctx context.Context) (uint64, error) { return kv.Put(ctx, l.Key, l.Value) })
	return err
}

func (st *store) restoreRecord(ctx context.Context, l backupLine) error {
	subject := historySubject + l.Key
	_, err := insist(ctx, func(ctx context.Context) (*jetstream.PubAck, error) {
		return st.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: l.Value}, jetstream.WithExpectLastSequencePerSubject(0))
	})
	if !lostSequence(err) {
		return err
	}
	m, getErr := st.records.GetLastMsgForSubject(ctx, subject)
	if getErr == nil && bytes.Equal(m.Data, l.Value) { // a try whose answer was lost
		return nil
	}
	return errors.Join(err, getErr)
}

// backupPath is where the admin socket gives a backup.
const backupPath = "/backup"

func serveBackup(a Admin) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := a.Backup(r.Context(), w); err != nil {
			panic(http.ErrAbortHandler) // the missing end tells the client
		}
	}
}

// Backup implements Admin.
func (c *AdminClient) Backup(ctx context.Context, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://admin"+backupPath, nil)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server at %s: %w", c.path, err)
	}
	defer resp.Body.Close()
	var line backupLine
	for in, out := json.NewDecoder(resp.Body), json.NewEncoder(w); line.Bucket != backupEnd; {
		line = backupLine{}
		if err := in.Decode(&line); err != nil {
			return fmt.Errorf("the server broke the backup off: %w; its log says why", err)
		}
		if err := out.Encode(line); err != nil {
			return fmt.Errorf("write backup: %w", err)
		}
	}
	return nil
}
