package storage

import "context"

// KeySize is the length in bytes of the key of a [Sealed] store.
const KeySize = 32

// A KeySource keeps the encryption key of a [Sealed] store. It is safe for
// concurrent use.
//
// The store asks for the key on every operation that needs it and clears the
// slice afterwards; so a source whose backend is slow remembers the key and
// returns copies. Both methods must wait no longer than ctx.
type KeySource interface {
	// LoadKey returns a copy of the key, of [KeySize] bytes. If there has never
	// been one, or it is certainly gone, the error matches [io/fs.ErrNotExist]. A
	// source that cannot tell, because it is locked, denied or silent, must
	// return another error.
	LoadKey(ctx context.Context) ([]byte, error)

	// CreateKey makes a new random key, keeps it for good, and returns a copy.
	// The store calls it only while it holds the exclusive lock of the service
	// in the whole directory, when LoadKey has said fs.ErrNotExist under that
	// lock and no sealed file of the service exists. It must not return a key
	// before LoadKey in any process would find it.
	CreateKey(ctx context.Context) ([]byte, error)
}
