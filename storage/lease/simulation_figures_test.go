package lease_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// A kind is that of an operation of the database.
type kind int

const (
	read  kind = iota // a Load or a Look
	write             // an Acquire, a renewal or a Commit
	kinds
)

// figures are what a simulation counts. Those of several worlds, which begin at the same time, can
// be added up.
type figures struct {
	rotated atomic.Int64 // refreshes, as the machines count them

	mu                          sync.Mutex
	refreshes, reuses, sessions int          // at the provider
	waits                       [1 << 16]int // calls, by milliseconds
	calls, failed               int
	began                       time.Time
	operations                  [kinds][]int // by second
	stats                       lease.Stats
}

func newFigures(length time.Duration) *figures {
	f := &figures{began: time.Now()}
	for i := range f.operations {
		f.operations[i] = make([]int, int(length.Seconds())+120) // what is under way at the end is finished
	}
	return f
}

func (f *figures) operation(k kind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.operations[k][min(int(time.Since(f.began).Seconds()), len(f.operations[k])-1)]++
}

func (f *figures) called(took time.Duration, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if err != nil {
		f.failed++
	}
	f.waits[min(int(took.Round(time.Millisecond).Milliseconds()), len(f.waits)-1)]++
}

func (f *figures) add(s lease.Stats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &f.stats
	t.Loads += s.Loads
	t.Updates += s.Updates
	t.Acquires += s.Acquires
	t.Looks += s.Looks
	t.Renewals += s.Renewals
	t.Commits += s.Commits
	t.Waits += s.Waits
	t.Settled += s.Settled
	t.Lost += s.Lost
	t.Retries += s.Retries
	t.Unsaved += s.Unsaved
}

// merge adds the figures of another world, which has ended.
func (f *figures) merge(o *figures) {
	f.add(o.stats)
	f.rotated.Add(o.rotated.Load())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refreshes += o.refreshes
	f.reuses += o.reuses
	f.sessions += o.sessions
	f.calls += o.calls
	f.failed += o.failed
	for i, n := range &o.waits {
		f.waits[i] += n
	}
	for k := range o.operations {
		for i, n := range o.operations[k] {
			f.operations[k][i] += n
		}
	}
}

// wait returns how long all calls but a part of 1-q waited at most.
func (f *figures) wait(q float64) time.Duration {
	rest := int(q * float64(f.calls))
	for ms, n := range &f.waits {
		if rest -= n; rest < 0 {
			return time.Duration(ms) * time.Millisecond
		}
	}
	return time.Duration(len(f.waits)) * time.Millisecond
}

// leaseOperations returns how many operations were not reads of a value.
func (f *figures) leaseOperations() uint64 {
	return f.stats.Acquires + f.stats.Looks + f.stats.Renewals + f.stats.Commits
}

// perRefresh divides n by the refreshes.
func (f *figures) perRefresh(n uint64) float64 { return float64(n) / float64(max(1, f.refreshes)) }

func (f *figures) String() string {
	s := f.stats
	return fmt.Sprintf("%d refreshes at the provider, %d counted by the machines, %d reuses, %d sessions alive; for each refresh "+
		"%.2f updates, %.2f lease operations, %.2f loads; %d calls, %d failed, waits p50 %v, p99 %v, p99.9 %v; at most %d reads and %d "+
		"writes in a second; %d updates waited, %d of them settled, %d leases lost, %d saves repeated, %d values not saved",
		f.refreshes, f.rotated.Load(), f.reuses, f.sessions, f.perRefresh(s.Updates), f.perRefresh(f.leaseOperations()),
		f.perRefresh(s.Loads), f.calls, f.failed, f.wait(0.5), f.wait(0.99), f.wait(0.999), slices.Max(f.operations[read]),
		slices.Max(f.operations[write]), s.Waits, s.Settled, s.Lost, s.Retries, s.Unsaved)
}
