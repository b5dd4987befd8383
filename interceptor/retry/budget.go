package retry

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Budget bounds the retries of all calls to one host (scheme, host and port): each takes a token,
// and where there is none the failure goes to the caller. A host has Burst tokens at first, and
// never more; time and success bring them back. So a host that fails for everyone gets PerSecond
// retries each second, not MaxRetries for each call.
//
// The zero value means the defaults. Each [Interceptor] has a budget of its own; processes share
// none.
type Budget struct {
	// Burst is how many tokens a host has at most. Default 10; negative: no budget, every call may
	// use its MaxRetries.
	Burst int
	// PerSecond is how many tokens come back in a second. Default 0.5; negative: none.
	PerSecond float64
	// PerSuccess is how many tokens come back with a call that succeeds at once. Default 0.1;
	// negative: none.
	PerSuccess float64
}

// The defaults.
const (
	defaultBurst      = 10
	defaultPerSecond  = 0.5
	defaultPerSuccess = 0.1
)

func (b Budget) withDefaults() Budget {
	if b.Burst == 0 {
		b.Burst = defaultBurst
	}
	if b.PerSecond == 0 {
		b.PerSecond = defaultPerSecond
	}
	if b.PerSuccess == 0 {
		b.PerSuccess = defaultPerSuccess
	}
	b.PerSecond, b.PerSuccess = max(b.PerSecond, 0), max(b.PerSuccess, 0)
	return b
}

func (b Budget) check() error {
	if math.IsNaN(b.PerSecond) || math.IsNaN(b.PerSuccess) {
		return errors.New("retry: Config.Budget has a field that is not a number")
	}
	if b.Burst < 0 && (b.PerSecond != 0 || b.PerSuccess != 0) {
		return fmt.Errorf("retry: Config.Budget has a negative Burst (%d), which means none; leave the rest out", b.Burst)
	}
	return nil
}

// budgets are those of the hosts that needed a retry recently. A host that is not there has all its
// tokens, so that hosts that work cost nothing.
type budgets struct {
	Budget

	some  atomic.Bool // whether there are any, to be asked without the lock
	mu    sync.Mutex
	hosts map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// maxHosts bounds the memory. Beyond it the host that has most tokens is forgotten, which gives it
// the rest.
const maxHosts = 1024

// take takes a token of the host. It reports whether there was one.
func (b *budgets) take(host string) bool {
	if b.Burst < 0 {
		return true
	}
	now := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.hosts[host]
	if !ok {
		if len(b.hosts) >= maxHosts {
			b.forget(now)
		}
		if b.hosts == nil {
			b.hosts = make(map[string]*bucket)
		}
		h = &bucket{tokens: float64(b.Burst), at: now}
		b.hosts[host] = h
		b.some.Store(true)
	}
	b.refill(h, now)
	if h.tokens < 1 {
		return false
	}
	h.tokens--
	return true
}

// succeeded gives the host back what a success is worth.
func (b *budgets) succeeded(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, ok := b.hosts[host]
	if !ok {
		return
	}
	b.refill(h, time.Now())
	h.tokens += b.PerSuccess
	if h.tokens >= float64(b.Burst) {
		delete(b.hosts, host)
		b.some.Store(len(b.hosts) > 0)
	}
}

func (b *budgets) refill(h *bucket, now time.Time) {
	if d := now.Sub(h.at); d > 0 {
		h.tokens = min(float64(b.Burst), h.tokens+d.Seconds()*b.PerSecond)
		h.at = now
	}
}

// forget makes room: it drops the hosts that have all their tokens, and if there is none the one
// that has most.
func (b *budgets) forget(now time.Time) {
	var (
		fullest string
		most    = -1.0
	)
	for host, h := range b.hosts {
		b.refill(h, now)
		if h.tokens >= float64(b.Burst) {
			delete(b.hosts, host)
		} else if h.tokens > most {
			fullest, most = host, h.tokens
		}
	}
	if len(b.hosts) >= maxHosts {
		delete(b.hosts, fullest)
	}
}
