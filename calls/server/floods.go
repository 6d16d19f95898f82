package server

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tring/calls"
)

// floods bounds how many calls one user places and how many reach one user, by
// token buckets. Safe for concurrent use.
type floods struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	callers map[string]*rate.Limiter
	callees map[string]*rate.Limiter
}

func newFloods(l Limits) *floods {
	return &floods{
		rate: rate.Limit(l.Initiates), burst: l.InitiateBurst,
		callers: map[string]*rate.Limiter{}, callees: map[string]*rate.Limiter{},
	}
}

// allow takes a token of each, or refuses. A callee may be called twice as often
// as a caller may call.
func (f *floods) allow(caller calls.UserID, callee string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	return f.bucket(f.callers, string(caller), 1).AllowN(now, 1) && f.bucket(f.callees, callee, 2).AllowN(now, 1)
}

func (f *floods) bucket(of map[string]*rate.Limiter, who string, times int) *rate.Limiter {
	l := of[who]
	if l == nil {
		f.forgetFull(of)
		l = rate.NewLimiter(f.rate*rate.Limit(times), f.burst*times)
		of[who] = l
	}
	return l
}

// forgetFull bounds the memory: a full bucket is the same as none.
func (f *floods) forgetFull(of map[string]*rate.Limiter) {
	if len(of) < 10_000 {
		return
	}
	for who, l := range of {
		if l.Tokens() >= float64(l.Burst()) {
			delete(of, who)
		}
	}
}
