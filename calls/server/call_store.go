package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
)

// callStore keeps the calls that are live or not in the history yet. What it has
// acknowledged is durable. Safe for concurrent use.
type callStore interface {
	// put stores a state of a call in the place of the one whose revision it has, 0
	// for a new call, and returns it with its own revision. A conflict, if that is not
	// the state there.
	put(ctx context.Context, st stored) (stored, error)
	get(ctx context.Context, id calls.ID) (stored, error) // errNoCall
	// remove deletes calls that are in the history, each unless it is gone or has
	// another state by now.
	remove(ctx context.Context, batch []calls.Call) error
	ids(ctx context.Context) ([]calls.ID, error)
	probe(ctx context.Context) error
}

// sharedCalls are in a bucket, where several gateways are. The times of a state are
// the store's own timestamps of the entries that began ringing and talking, so that
// gateways need not agree on a clock. The entry itself carries the timestamp when it
// is the one that began; later ones carry it along.
type sharedCalls struct {
	store *store
	kv    jetstream.KeyValue
}

func (s sharedCalls) put(ctx context.Context, st stored) (stored, error) {
	data, err := json.Marshal(st)
	if err != nil {
		return st, fmt.Errorf("encode call: %w", err)
	}
	if st.Call.Revision == 0 {
		st.Call.Revision, err = s.kv.Create(ctx, string(st.Call.ID), data)
	} else {
		st.Call.Revision, err = s.kv.Update(ctx, string(st.Call.ID), data, st.Call.Revision)
	}
	return st, err
}

func (s sharedCalls) get(ctx context.Context, id calls.ID) (stored, error) {
	e, err := s.kv.Get(ctx, string(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return stored{}, errNoCall
	}
	if err != nil {
		return stored{}, err
	}
	return decodeStored(e)
}

// remove replaces calls by markers that go by themselves.
func (s sharedCalls) remove(ctx context.Context, batch []calls.Call) error {
	return s.store.storeEach(ctx, batch, "delete call", func(c calls.Call) (*nats.Msg, error) {
		m := nats.NewMsg("$KV." + s.kv.Bucket() + "." + string(c.ID))
		m.Header.Set("KV-Operation", "PURGE")
		m.Header.Set(jetstream.MsgTTLHeader, markerTTL.String())
		m.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(c.Revision, 10))
		return m, nil
	})
}

func (s sharedCalls) ids(ctx context.Context) ([]calls.ID, error) {
	keys, err := s.kv.Keys(ctx)
	if errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil
	}
	var ids []calls.ID
	for _, k := range keys {
		if validID(k) { // else it is the health check's
			ids = append(ids, calls.ID(k))
		}
	}
	return ids, err
}

// probeSize is more than what is left of the last block of a file on a full disk.
const probeSize = 8 << 10

// probeKey is no call: no call's id has a dot.
const probeKey = "health.probe"

func (s sharedCalls) probe(ctx context.Context) error {
	_, err := s.kv.Put(ctx, probeKey, make([]byte, probeSize))
	return err
}

func decodeStored(e jetstream.KeyValueEntry) (stored, error) {
	var st stored
	if err := json.Unmarshal(e.Value(), &st); err != nil {
		return st, fmt.Errorf("decode call %s: %w", e.Key(), err)
	}
	st.Call.Revision = e.Revision()
	if st.Rings.IsZero() {
		st.Rings = e.Created()
	}
	if st.Answered.IsZero() && !st.Call.AnsweredAt.IsZero() {
		st.Answered = e.Created()
	}
	return st, nil
}
