package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A stream that met a full disk takes no more writes until it is opened again,
// also when there is room again; what it had acknowledged it keeps. So whoever
// meets a write that fails says so with doubt, and the watchdog opens the store
// anew inside this process as soon as the disk takes writes.

// errStoreDown is the refusal of what cannot be kept.
var errStoreDown = errors.New("the store takes no writes")

// storeText is what a phone is told then.
const storeText = "the server's store does not answer; try again, or tell whoever runs the server (is its disk full?)"

const (
	reopenEvery = time.Second // between two looks at a store that is down
	roomSize    = 256 << 10   // what the disk must take before the store is opened again
)

// silent says whether an error means that the store did not take a write.
func silent(err error) bool {
	_, api := errors.AsType[*jetstream.APIError](err)
	return api || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errStoreDown) ||
		errors.Is(err, nats.ErrNoResponders) || errors.Is(err, jetstream.ErrNoStreamResponse)
}

// doubt has the watchdog look at the store.
func (st *store) doubt() {
	select {
	case st.doubts <- struct{}{}:
	default:
	}
}

// watchStore is the watchdog; it ends with ctx. An outside cluster has its own.
func (s *Server) watchStore(ctx context.Context) {
	if s.store.embedded == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.store.doubts:
		}
		for s.store.mend(ctx) != nil {
			if pause(ctx, reopenEvery) != nil {
				return
			}
		}
	}
}

// mend brings the store back to taking writes, if it does not. It opens the store
// anew only on evidence: a write that failed, or a disk without room. A store that
// is merely slow stays as it is.
func (st *store) mend(ctx context.Context) error {
	probing, cancel := context.WithTimeout(ctx, st.timers.Probe)
	defer cancel()
	err := st.probe(probing)
	room := hasRoom(st.folder)
	if room != nil || !st.embedded.JetStreamEnabled() {
		st.broken.Store(true)
	}
	if !st.broken.Load() {
		if err == nil && st.down.Swap(false) {
			st.log.Warn("the store takes writes again")
		}
		if st.down.Load() { // it was opened again, and is slow
			return err
		}
		return nil
	}
	if !st.down.Swap(true) {
		st.log.Error("new calls are refused until the store takes writes again", "err", errors.Join(err, room))
	}
	if room != nil {
		return room
	}
	if err := st.embedded.ShutdownJetStream(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	if err := st.embedded.EnableJetStream(&natsserver.JetStreamConfig{StoreDir: st.folder}); err != nil {
		return fmt.Errorf("open store again: %w", err)
	}
	st.log.Warn("the store was opened again")
	st.broken.Store(false)
	return errStoreDown // until a probe says otherwise
}

// failed hears what NATS logs of its errors: a stream that failed to write says
// so nowhere else.
func (st *store) failed(text string) {
	if strings.Contains(strings.ToLower(text), "critical write error") {
		st.broken.Store(true)
		st.doubt()
	}
}

// hasRoom says whether the disk takes writes.
func hasRoom(folder string) error {
	f, err := os.Create(filepath.Join(folder, "room"))
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	_, err = f.Write(make([]byte, roomSize))
	err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	if err != nil {
		return fmt.Errorf("look for room: %w", err)
	}
	return nil
}
