package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// An atomic batch has its own price, a file that is made, synced and removed, so
// it is for minBatch messages and more; NATS allows 1,000. One that fails leaves
// that file open inside NATS, so for a while there is no other.
const (
	minBatch   = 4
	maxBatch   = 256
	batchPause = time.Minute
)

// allowBatches lets a stream take atomic batches (ADR-50 of NATS, from nats-server
// 2.12): many messages that one sync makes durable. A bucket's configuration does
// not know of them. Without them each message is stored alone, so a server that
// is too old is no error.
func (st *store) allowBatches(ctx context.Context, stream string) error {
	s, err := st.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("find stream %s: %w", stream, err)
	}
	cfg := s.CachedInfo().Config
	if cfg.AllowAtomicPublish {
		return nil
	}
	cfg.AllowAtomicPublish = true
	if _, err := st.js.UpdateStream(ctx, cfg); err != nil {
		st.log.Warn("calls are finished one by one: the store takes no batches", "stream", stream, "err", err)
	}
	return nil
}

// batched stores all these messages of one stream, or none of them, where a batch
// is worth it.
func (st *store) batched(ctx context.Context, batch []*nats.Msg) bool {
	if len(batch) < minBatch || st.down.Load() || st.broken.Load() || time.Since(time.Unix(st.batchFailed.Load(), 0)) < batchPause {
		return false
	}
	err := st.publishBatch(ctx, batch)
	if err != nil && !lostSequence(err) {
		st.batchFailed.Store(time.Now().Unix())
	}
	return err == nil
}

func (st *store) publishBatch(ctx context.Context, batch []*nats.Msg) error {
	id := randomID()
	for i, m := range batch {
		m.Header.Del("Nats-Batch-Commit") // of a batch that was refused
		m.Header.Set("Nats-Batch-Id", id)
		m.Header.Set("Nats-Batch-Sequence", strconv.Itoa(i+1))
		if i < len(batch)-1 {
			if err := st.nc.PublishMsg(m); err != nil {
				return fmt.Errorf("publish batch: %w", err)
			}
		}
	}
	last := batch[len(batch)-1]
	last.Header.Set("Nats-Batch-Commit", "1")
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	answer, err := st.nc.RequestMsgWithContext(ctx, last)
	if err != nil {
		return fmt.Errorf("publish batch: %w", err)
	}
	var ack struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &ack); err != nil {
		return fmt.Errorf("publish batch: decode answer: %w", err)
	}
	if ack.Error != nil {
		return fmt.Errorf("publish batch: %w", ack.Error)
	}
	return nil
}
