package storage

import "context"

// A Store keeps values under keys. It is safe for concurrent use.
//
// A key is any string of up to 1024 bytes; a value is 0 bytes to 16 MiB of
// anything.
type Store interface {
	// Load returns the current value, which the caller may keep and change. The
	// error matches [io/fs.ErrNotExist] only when there certainly is none.
	// Load does not wait for an Update that is under way.
	Load(ctx context.Context, key string) ([]byte, error)

	// Update gives fn the current value (nil: absent) while it holds the key's lock among all
	// goroutines, processes and machines that share the store, and durably stores the value that fn
	// returns (nil: the value is deleted; old itself or equal bytes: nothing is written). An error
	// of fn is returned unchanged, and nothing is written.
	//
	// Update makes sure that it can write before it calls fn. It waits for the lock no longer than
	// ctx. Once fn has returned a value, it is saved, whatever happened to ctx. A panic of fn
	// reaches the caller, after the lock has been released.
	//
	// fn must pass on the context it is given: with it, an Update of the same
	// key from inside fn fails at once with [ErrNested] instead of waiting for
	// itself.
	Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error
}

var (
	_ Store = (*Memory)(nil)
	_ Store = (*Sealed)(nil)
)
