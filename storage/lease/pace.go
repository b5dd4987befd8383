package lease

import (
	"sync/atomic"
	"time"
)

// A pace is how long leases are usually held before something is saved, as far
// as this store has seen: an average in which an eighth is the latest one.
type pace struct{ average atomic.Int64 }

func (p *pace) saw(held time.Duration) {
	old := p.average.Load()
	next := old + (int64(held)-old)/8
	if old == 0 {
		next = int64(held)
	}
	p.average.CompareAndSwap(old, next) // of two at once, one is enough
}

func (p *pace) usual() time.Duration { return time.Duration(p.average.Load()) }

// remaining returns how long a lease that was taken or renewed age ago will
// probably be held.
func (p *pace) remaining(age time.Duration) time.Duration {
	return max(0, p.usual()-max(0, age))
}
