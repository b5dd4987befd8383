package lease

import "sync/atomic"

// Stats counts what a [Store] has done since [New]. Numbers only grow.
type Stats struct {
	Loads     uint64 `json:"loads"`     // calls of Backend.Load
	Acquires  uint64 `json:"acquires"`  // calls of Backend.Acquire, with those that found the lease held
	Looks     uint64 `json:"looks"`     // calls of Looker.Look
	Renewals  uint64 `json:"renewals"`  // calls of Backend.Renew or Renewer.RenewAll
	Commits   uint64 `json:"commits"`   // calls of Backend.Commit, with those that only released
	Updates   uint64 `json:"updates"`   // callbacks that ran
	Waits     uint64 `json:"waits"`     // Updates that found the lease of another store
	Settled   uint64 `json:"settled"`   // Updates that needed no lease anymore after a wait
	Takeovers uint64 `json:"takeovers"` // Updates that found that an earlier holder had vanished
	Lost      uint64 `json:"lost"`      // leases that were lost while the callback ran
	Retries   uint64 `json:"retries"`   // attempts to save that did not succeed and were repeated
	Unsaved   uint64 `json:"unsaved"`   // values that could not be saved, for whatever reason
}

type counters struct {
	loads, acquires, looks, renewals, commits, updates, waits, settled, takeovers, lost, retries, unsaved atomic.Uint64
}

// Stats returns the counts, for metrics.
func (s *Store) Stats() Stats {
	c := &s.counts
	return Stats{
		Loads: c.loads.Load(), Acquires: c.acquires.Load(), Looks: c.looks.Load(), Renewals: c.renewals.Load(), Commits: c.commits.Load(),
		Updates: c.updates.Load(), Waits: c.waits.Load(), Settled: c.settled.Load(), Takeovers: c.takeovers.Load(),
		Lost: c.lost.Load(), Retries: c.retries.Load(), Unsaved: c.unsaved.Load(),
	}
}
