package sqlstore

import (
	"context"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// Signals carry the news that a lease has been released from one program to the
// others: what a database can do beyond database/sql. Package storage/postgres, a
// module of its own, does it by LISTEN and NOTIFY. They are safe for concurrent
// use.
type Signals interface {
	lease.Watcher
	// Released tells the waiters of all programs that a lease of key has been released. It does not
	// block. The notification may be lost.
	Released(key string)
}

// A signaled is a backend that tells when it has released a lease.
type signaled struct {
	*backend
	Signals
}

var (
	_ lease.Watcher = signaled{}
	_ lease.Renewer = signaled{}
	_ lease.Looker  = signaled{}
)

// Commit implements [lease.Backend].
func (s signaled) Commit(ctx context.Context, key string, g lease.Grant, c lease.Change) (lease.Result, error) {
	result, err := s.backend.Commit(ctx, key, g, c)
	if err == nil && result == lease.Saved {
		s.Released(key)
	}
	return result, err
}
