package lease

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A KV is a database with conditional writes: an ETag, a revision, a resource
// version. It is safe for concurrent use.
type KV interface {
	// Get returns the entry of key and its tag, which is another one after each write. The tag is
	// "" if there is no entry. Get sees every Put that returned before it began: let the primary or
	// leader serve it, since a replica that lags makes a holder believe that its lease was lost.
	Get(ctx context.Context, key string) (entry []byte, tag string, err error)
	// Put writes the entry of key if its present tag is tag ("": if there is no
	// entry). Otherwise it changes nothing, and the error matches [ErrConflict].
	Put(ctx context.Context, key string, entry []byte, tag string) error
}

// A Marker is a [KV] that can tell that its data was lost: see [Epoch].
type Marker interface {
	// Marker returns the text that was written when the database was set up, or
	// "" if it is not there.
	Marker(ctx context.Context) (string, error)
}

// ErrConflict is what [KV.Put] returns when the entry has another tag.
var ErrConflict = errors.New("lease: the entry was changed by another writer")

// CAS returns a backend over conditional writes alone. An entry of kv holds
// the value and the lease.
//
// Such a database need not have a clock: a store that finds a lease watches it,
// by its own monotonic clock, and takes it when its tag has not changed for as
// long as the lease says. So it never takes one that it has watched for a
// shorter time, and a lease that nobody waits for costs nothing.
//
// A deleted value leaves its entry behind, with the version of the deletion.
func CAS(kv KV) *CASBackend {
	return &CASBackend{kv: kv, seen: make(map[string]sighting)}
}

// CASBackend is the [Backend] that [CAS] returns. The zero value is not usable.
type CASBackend struct {
	kv    KV
	epoch Epoch

	mu   sync.Mutex
	seen map[string]sighting // leases of others that are being watched
}

// A sighting is when a watcher first saw a tag.
type sighting struct {
	tag   string
	since time.Time
}

// maxSeen bounds what is remembered of leases that nobody waits for anymore.
const maxSeen = 4096

// Load implements [Backend].
func (c *CASBackend) Load(ctx context.Context, key string) ([]byte, error) {
	e, _, err := c.get(ctx, key)
	return e.value, err
}

// Acquire implements [Backend].
func (c *CASBackend) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (Grant, error) {
	for {
		e, tag, err := c.get(ctx, key)
		if err != nil {
			return Grant{}, err
		}
		left := c.left(key, e, tag)
		if left > 0 && e.owner != owner {
			return Grant{Left: left}, nil
		}
		e.interrupted = e.interrupted || (e.fence != 0 && e.owner != owner)
		e.owner, e.fence, e.ttl = owner, NewFence(), ttl
		err = c.put(ctx, key, e, tag)
		switch {
		case err == nil:
			return Grant{Held: true, Fence: e.fence, Version: e.version, Value: e.value, Interrupted: e.interrupted}, nil
		case !errors.Is(err, ErrConflict):
			return Grant{}, err
		}
	}
}

// Renew implements [Backend].
func (c *CASBackend) Renew(ctx context.Context, key string, g Grant, ttl time.Duration) (held bool, err error) {
	for {
		e, tag, err := c.get(ctx, key)
		if err != nil || e.fence != g.Fence {
			return false, err
		}
		e.ttl, e.beat = ttl, e.beat+1
		if err := c.put(ctx, key, e, tag); !errors.Is(err, ErrConflict) {
			return err == nil, err
		}
	}
}

// looksAtATime is how many entries Look reads at the same time.
const looksAtATime = 8

// Look implements [Looker].
func (c *CASBackend) Look(ctx context.Context, keys []string) (left []time.Duration, err error) {
	left, problems := make([]time.Duration, len(keys)), make([]error, len(keys))
	var group sync.WaitGroup
	for w := range min(looksAtATime, len(keys)) {
		group.Go(func() {
			for i := w; i < len(keys); i += looksAtATime {
				var e entry
				var tag string
				e, tag, problems[i] = c.get(ctx, keys[i])
				left[i] = c.left(keys[i], e, tag)
			}
		})
	}
	group.Wait()
	return left, errors.Join(problems...)
}

// Commit implements [Backend].
func (c *CASBackend) Commit(ctx context.Context, key string, g Grant, change Change) (Result, error) {
	for {
		e, tag, err := c.get(ctx, key)
		if err != nil {
			return 0, err
		}
		next, result := e.commit(g, change, c.left(key, e, tag) > 0)
		if next == nil {
			return result, nil
		}
		if err := c.put(ctx, key, *next, tag); !errors.Is(err, ErrConflict) {
			return result, err
		}
	}
}

// commit decides what a Commit does to e: the entry to write, if any, and the
// result once that has succeeded. live reports whether the lease of e, whosever
// it is, has not expired.
func (e entry) commit(g Grant, change Change, live bool) (next *entry, result Result) {
	mine := e.fence == g.Fence
	switch {
	case !change.Write && !mine, change.Write && e.version == g.Fence:
		return nil, Saved // by an earlier attempt
	case !change.Write:
		return e.free(), Saved
	case e.version != g.Version:
		return nil, Outdated
	case !mine && e.fence != 0 && live:
		return nil, Taken
	default:
		e.value, e.version, e.interrupted = change.Value, g.Fence, false
		return e.free(), Saved
	}
}

func (e entry) free() *entry {
	e.owner, e.fence, e.ttl, e.beat = "", 0, 0, 0
	return &e
}

// left returns how long the lease of e may still last: 0 if there is none, or
// it has been watched for as long as it lasts.
func (c *CASBackend) left(key string, e entry, tag string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.fence == 0 {
		delete(c.seen, key)
		return 0
	}
	s, ok := c.seen[key]
	if !ok || s.tag != tag {
		if !ok && len(c.seen) >= maxSeen {
			clear(c.seen) // whoever waits begins to watch anew
		}
		s = sighting{tag: tag, since: time.Now()}
		c.seen[key] = s
	}
	return max(0, e.ttl-time.Since(s.since))
}

func (c *CASBackend) get(ctx context.Context, key string) (entry, string, error) {
	b, tag, err := c.kv.Get(ctx, key)
	if err == nil && (tag == "" || !c.epoch.Known()) {
		err = c.readMarker(ctx)
	}
	if err != nil || tag == "" {
		return entry{}, "", err
	}
	e, err := parseEntry(b)
	if err != nil {
		return entry{}, "", fmt.Errorf("the entry of %q: %w", key, err)
	}
	return e, tag, nil
}

// readMarker returns an error if the absence of an entry means that data was
// lost.
func (c *CASBackend) readMarker(ctx context.Context) error {
	m, ok := c.kv.(Marker)
	if !ok {
		return nil
	}
	marker, err := m.Marker(ctx)
	if err != nil {
		return err
	}
	return c.epoch.Check(marker)
}

func (c *CASBackend) put(ctx context.Context, key string, e entry, tag string) error {
	return c.kv.Put(ctx, key, e.bytes(), tag)
}

// NewFence returns a fence for a [Grant]: 53 random bits, which no two leases
// share.
func NewFence() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return max(1, int64(binary.BigEndian.Uint64(b[:])>>11))
}
