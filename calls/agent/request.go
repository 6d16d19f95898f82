package agent

import (
	"context"
	"fmt"

	"tring/calls"
	"tring/calls/wire"
)

// Request asks the server for anything that is no act on a call: presence,
// phones, favourites, blocks, settings. An error of the service comes as err
// together with its message.
func (a *Agent) Request(ctx context.Context, m wire.Message) (wire.Message, error) {
	type reply struct {
		m   wire.Message
		err error
	}
	got := make(chan reply, 1)
	a.config.Signaler.Send(m, func(m wire.Message, err error) { got <- reply{m, err} })
	select {
	case r := <-got:
		return r.m, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the server's answer: %w", ctx.Err())
	}
}

// Directory is a page of whom one may call.
func (a *Agent) Directory(ctx context.Context, q calls.DirectoryQuery) (calls.DirectoryPage, error) {
	page, err := ask[wire.DirectoryPage](ctx, a, wire.Directory{DirectoryQuery: q})
	if err != nil {
		return calls.DirectoryPage{}, fmt.Errorf("list contacts: %w", err)
	}
	return page.DirectoryPage, nil
}

// History is a page of the own calls, newest first.
func (a *Agent) History(ctx context.Context, f calls.HistoryFilter) (calls.HistoryPage, error) {
	page, err := ask[wire.HistoryPage](ctx, a, wire.History{HistoryFilter: f})
	if err != nil {
		return calls.HistoryPage{}, fmt.Errorf("list calls: %w", err)
	}
	return page.HistoryPage, nil
}

// ask wants an answer of one type.
func ask[M wire.Message](ctx context.Context, a *Agent, request wire.Message) (M, error) {
	var none M
	m, err := a.Request(ctx, request)
	if err != nil {
		return none, err
	}
	page, ok := m.(M)
	if !ok {
		return none, fmt.Errorf("the server answered with %s, which is out of turn", m.Type())
	}
	return page, nil
}
