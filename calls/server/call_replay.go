package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
)

// What a record of the journal says, by its first byte.
const (
	recordState = 's' // a state of a call follows, as JSON
	recordGone  = 'g' // the id of a call follows that is in the history
	recordLast  = 'l' // the last revision that was given follows, as JSON
	recordProbe = 'p' // whatever follows means nothing
)

func stateRecord(st stored) ([]byte, error) {
	data, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("encode call: %w", err)
	}
	if len(data) >= maxRecord {
		return nil, fmt.Errorf("encode call: %d bytes are too many", len(data))
	}
	return append([]byte{recordState}, data...), nil
}

// replay takes one record of the journal, at the start.
func (o *ownCalls) replay(record []byte) error {
	body := record[1:]
	switch record[0] {
	case recordState:
		c := &ownCall{record: bytes.Clone(record)}
		if err := json.Unmarshal(body, &c.stored); err != nil {
			return fmt.Errorf("decode call: %w", err)
		}
		o.all[c.Call.ID] = c
		o.last = max(o.last, c.Call.Revision)
	case recordGone:
		delete(o.all, calls.ID(body))
	case recordLast:
		if err := json.Unmarshal(body, &o.last); err != nil {
			return fmt.Errorf("decode revision: %w", err)
		}
	case recordProbe:
	default:
		return fmt.Errorf("this version of tring does not know records of kind %q", record[0])
	}
	return nil
}

// snapshot is what a journal that is written anew begins with: all calls as they are
// durable now.
func (o *ownCalls) snapshot() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	records := appendRecord(nil, fmt.Appendf([]byte{recordLast}, "%d", o.last))
	for _, c := range o.all {
		if c.record != nil {
			records = appendRecord(records, c.record)
		}
	}
	return records
}

// states are all calls, at the start.
func (o *ownCalls) states() []stored {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := make([]stored, 0, len(o.all))
	for _, c := range o.all {
		list = append(list, c.stored)
	}
	return list
}

// adopt takes the calls that a version before the journal left in the bucket.
func (o *ownCalls) adopt(ctx context.Context, kv jetstream.KeyValue) error {
	keys, err := kv.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return fmt.Errorf("read calls: %w", err)
	}
	for _, key := range keys {
		if !validID(key) {
			continue
		}
		e, err := kv.Get(ctx, key)
		if err != nil {
			return fmt.Errorf("read call %s: %w", key, err)
		}
		st, err := decodeStored(e)
		if err != nil {
			return err
		}
		o.mu.Lock()
		o.last = max(o.last, st.Call.Revision) // so that its revisions go on rising
		o.mu.Unlock()
		st.Call.Revision = 0
		if _, err := o.put(ctx, st); err != nil && !conflict(err) {
			return fmt.Errorf("move call %s to the journal: %w", key, err)
		}
		if err := kv.Purge(ctx, key); err != nil {
			return fmt.Errorf("move call %s to the journal: %w", key, err)
		}
	}
	return nil
}
