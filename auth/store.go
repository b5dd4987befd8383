package auth

import "context"

// Store keeps sessions as bytes under one lock for all processes that share it. It is the contract
// of storage.Store, declared here by its consumer; every store of package storage implements it.
type Store interface {
	// Load returns the value of key. The error is [fs.ErrNotExist] only if there certainly is none.
	Load(ctx context.Context, key string) ([]byte, error)
	// Update gives fn the value of key, nil if there is none, while it holds the lock of key, and
	// durably stores what fn returns: nil deletes, old itself writes nothing. It has made sure that
	// it can write before it calls fn, which it does once at most, waits for the lock no longer
	// than ctx, and once fn has returned a value saves it whatever happened to ctx. An error of fn
	// is returned and nothing is written.
	Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error
}
