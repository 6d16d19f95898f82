package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// replicated is a bucket of an outside cluster. A follower may be behind, so it
// reads from the leader; and a leader may be lost, so it tries again until the
// act's budget is spent. A try whose answer was lost may have been written: then
// the next one is a conflict, and whoever lost a race reads and judges anew, which
// for its own act is a repetition. Safe for concurrent use.
type replicated struct {
	jetstream.KeyValue
	leader jetstream.Stream
}

// tryTime bounds one try: a leader that lives answers in milliseconds, and what a
// dead one was sent has no answer.
const tryTime = 1500 * time.Millisecond

func replicate(ctx context.Context, js jetstream.JetStream, kv jetstream.KeyValue) (jetstream.KeyValue, error) {
	leader, err := leaderOnly(ctx, js, "KV_"+kv.Bucket())
	return replicated{kv, leader}, err
}

// leaderOnly is a stream whose reads are answered by its leader: a handle that
// does not know of direct reads asks for none.
func leaderOnly(ctx context.Context, js jetstream.JetStream, name string) (jetstream.Stream, error) {
	s, err := js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("find stream %s: %w", name, err)
	}
	s.CachedInfo().Config.AllowDirect = false
	return s, nil
}

func (r replicated) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	m, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return r.leader.GetLastMsgForSubject(ctx, "$KV."+r.Bucket()+"."+key)
	})
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, jetstream.ErrKeyNotFound
	case err != nil:
		return nil, err
	case m.Header.Get("KV-Operation") != "" || m.Header.Get(jetstream.MarkerReasonHeader) != "":
		return nil, jetstream.ErrKeyNotFound
	}
	return replicatedEntry{r.Bucket(), m}, nil
}

func (r replicated) Create(ctx context.Context, key string, value []byte, opts ...jetstream.KVCreateOpt) (uint64, error) {
	return insist(ctx, func(ctx context.Context) (uint64, error) { return r.KeyValue.Create(ctx, key, value, opts...) })
}

func (r replicated) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	return insist(ctx, func(ctx context.Context) (uint64, error) { return r.KeyValue.Update(ctx, key, value, revision) })
}

func (r replicated) Purge(ctx context.Context, key string, opts ...jetstream.KVDeleteOpt) error {
	_, err := insist(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, r.KeyValue.Purge(ctx, key, opts...) })
	return err
}

// insist tries again while the cluster has no leader or its answer is lost.
func insist[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	for {
		try, cancel := context.WithTimeout(ctx, tryTime)
		result, err := do(try)
		cancel()
		if err == nil || ctx.Err() != nil || !passing(err) || pause(ctx, 50*time.Millisecond) != nil {
			return result, err
		}
	}
}

// passing says whether an error may go away by itself: the cluster elects a
// leader, or the connection moves to another node.
func passing(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	if ok {
		return api.Code == 503
	}
	for _, e := range []error{
		context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, jetstream.ErrNoStreamResponse, nats.ErrDisconnected,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// replicatedEntry implements jetstream.KeyValueEntry.
type replicatedEntry struct {
	bucket string
	m      *jetstream.RawStreamMsg
}

func (e replicatedEntry) Bucket() string                  { return e.bucket }
func (e replicatedEntry) Key() string                     { return strings.TrimPrefix(e.m.Subject, "$KV."+e.bucket+".") }
func (e replicatedEntry) Value() []byte                   { return e.m.Data }
func (e replicatedEntry) Revision() uint64                { return e.m.Sequence }
func (e replicatedEntry) Created() time.Time              { return e.m.Time }
func (e replicatedEntry) Delta() uint64                   { return 0 }
func (e replicatedEntry) Operation() jetstream.KeyValueOp { return jetstream.KeyValuePut }
