package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"tring/calls"
	"tring/calls/wire"
)

// ended is a finished call: one of the last, one that is not in the stream yet, or
// else from there.
func (s *Server) ended(ctx context.Context, id calls.ID) (calls.Call, error) {
	if !s.history.has(id) {
		return calls.Call{}, errNoCall
	}
	if c, ok := s.history.whole(id); ok {
		return c, nil
	}
	if c, ok := s.finisher.call(id); ok {
		return c, nil
	}
	c, err := s.store.record(ctx, id)
	if errors.Is(err, jetstream.ErrMsgNotFound) { // it expired
		return calls.Call{}, errNoCall
	}
	return c, err
}

// endedOf are those of these calls that are finished.
func (s *Server) endedOf(ctx context.Context, ids []calls.ID) (map[calls.ID]calls.Call, error) {
	found := map[calls.ID]calls.Call{}
	for _, id := range ids {
		c, err := s.ended(ctx, id)
		switch {
		case err == nil:
			found[id] = c
		case !errors.Is(err, errNoCall):
			return nil, err
		}
	}
	return found, nil
}

// historyPage answers one request for history.
func (s *Server) historyPage(ctx context.Context, u calls.UserID, f calls.HistoryFilter) (wire.HistoryPage, error) {
	page := calls.HistoryPage{Records: []calls.Record{}, MissedCount: s.history.missed(u, s.seen(u))}
	for _, id := range s.history.page(u, f) {
		c, err := s.ended(ctx, id)
		if errors.Is(err, errNoCall) {
			continue
		}
		if err != nil {
			return wire.HistoryPage{}, err
		}
		if r, ok := calls.RecordFor(c, u); ok {
			page.Records = append(page.Records, r)
		}
	}
	return wire.HistoryPage{HistoryPage: page}, nil
}

// record is the record of one call, from the stream itself.
func (st *store) record(ctx context.Context, id calls.ID) (calls.Call, error) {
	var c calls.Call
	m, err := insist(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return st.records.GetLastMsgForSubject(ctx, historySubject+string(id))
	})
	if err != nil {
		return c, fmt.Errorf("read history of %s: %w", id, err)
	}
	if err := json.Unmarshal(m.Data, &c); err != nil {
		return c, fmt.Errorf("decode record of %s: %w", id, err)
	}
	return c, nil
}

// follow feeds the index from the stream until stop is called; it returns when
// everything of the start has been read.
func (h *history) follow(ctx context.Context, st *store) (stop func(), err error) {
	info, err := st.history.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	consumer, err := st.history.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	caught := make(chan struct{})
	last, done := info.State.LastSeq, info.State.Msgs == 0
	if done {
		close(caught)
	}
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		var c calls.Call
		known := h.has(calls.ID(strings.TrimPrefix(m.Subject(), historySubject)))
		if !known && json.Unmarshal(m.Data(), &c) == nil && c.ID != "" {
			h.add(c)
		}
		meta, err := m.Metadata()
		if !done && err == nil && meta.Sequence.Stream >= last {
			done = true
			close(caught)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	select {
	case <-caught:
		if st.embedded != nil { // nobody else writes
			consuming.Stop()
			<-consuming.Closed()
			return func() {}, nil
		}
		return func() { consuming.Stop(); <-consuming.Closed() }, nil
	case <-ctx.Done():
		consuming.Stop()
		return nil, fmt.Errorf("read history: %w", context.Cause(ctx))
	}
}
