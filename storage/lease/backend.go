package lease

import (
	"context"
	"time"
)

// A Backend is what a [Store] asks of a database: values, and one lease per
// key. It is safe for concurrent use. Each call is one statement or script, or
// a few conditional writes; none of them waits for a lease.
//
// Durations are measured by one clock: that of the database, or the watcher's
// own. Times of two machines are never compared.
//
// A Backend whose rows were lost returns an error that matches
// [storage.ErrDataLost] wherever it would report an absent value; [Epoch]
// helps with that.
type Backend interface {
	// Load returns the value of key, or nil if there is none.
	Load(ctx context.Context, key string) ([]byte, error)

	// Acquire takes the lease of key for owner if it is free, if it has expired, or if owner holds
	// it already: a lost response must not keep the owner out. It is a write in any case, so that a
	// database that cannot be written fails before a callback runs. The fence of the new lease is
	// one that was never used before.
	Acquire(ctx context.Context, key, owner string, ttl time.Duration) (Grant, error)

	// Renew extends the lease of g by ttl from now, also when it has expired and no other owner has
	// taken it. It reports whether g still holds it.
	Renew(ctx context.Context, key string, g Grant, ttl time.Duration) (held bool, err error)

	// Commit ends the lease of g and, if c.Write, stores c.Value: atomically,
	// and only under the rules of [Result]. Called again after a lost response,
	// it returns what it returned the first time.
	Commit(ctx context.Context, key string, g Grant, c Change) (Result, error)
}

// A Watcher is a [Backend] that tells waiters when a lease has been released. With or without it,
// waiters also ask again at growing intervals.
type Watcher interface {
	// Watch returns a channel that receives after a lease of key has been
	// released. A notification may be lost. stop ends the watch, and returns
	// when nothing of it runs anymore.
	Watch(ctx context.Context, key string) (released <-chan struct{}, stop func(), err error)
}

// A Renewer is a [Backend] that renews many leases in one call. A store asks it
// in place of [Backend.Renew], so that a thousand refreshes that wait for a slow
// provider cost the database no more than a few statements per quarter of the TTL.
type Renewer interface {
	// RenewAll is [Backend.Renew] for each lease. held[i] belongs to leases[i].
	RenewAll(ctx context.Context, leases []Lease, ttl time.Duration) (held []bool, err error)
}

// A Looker is a [Backend] that reads the state of many leases in one call,
// without a write. A store whose goroutines wait for leases of other stores
// looks at all of them at once, and calls [Backend.Acquire] only when one is
// free.
type Looker interface {
	// Look returns how long the lease of each key lasts at most, and 0 for one
	// that is free or has expired. left[i] belongs to keys[i].
	Look(ctx context.Context, keys []string) (left []time.Duration, err error)
}

// A Lease names a lease that a store holds, for [Renewer].
type Lease struct {
	Key   string
	Fence int64
}

// A Grant is the response to [Backend.Acquire]. Unless Held is true, only Left is meaningful.
type Grant struct {
	Held        bool
	Fence       int64         // names this lease; unique forever
	Version     int64         // the fence of the writer of Value; 0: nothing was ever written
	Value       []byte        // nil: absent
	Left        time.Duration // how long another holder's lease lasts at most
	Interrupted bool          // the lease of an earlier holder expired, and nothing was written since
}

// A Change is what [Backend.Commit] does besides ending the lease.
type Change struct {
	Write bool
	Value []byte // nil: delete the value
}

// A Result is the outcome of [Backend.Commit].
type Result int

const (
	// Saved: the change is stored, now or by an earlier attempt: the version is
	// the grant's fence. Without a change: the lease is not the grant's anymore.
	Saved Result = iota + 1
	// Taken: the version is the grant's, but another holder has a lease that
	// has not expired. Nothing is stored; the caller may try again.
	Taken
	// Outdated: the version is neither the grant's nor its fence. Another
	// holder has stored a newer value, and nothing is changed.
	Outdated
)

// String returns the name of the result.
func (r Result) String() string {
	switch r {
	case Saved:
		return "saved"
	case Taken:
		return "taken"
	case Outdated:
		return "outdated"
	default:
		return "unknown result"
	}
}
