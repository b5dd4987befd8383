package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A KeySet gives [Seal] its encryption keys. It is safe for concurrent use.
type KeySet interface {
	// Keys returns the keys, of [KeySize] bytes each: first the one that seals,
	// then those that only open what they have sealed. The caller clears the
	// slices, so a set that remembers keys returns copies. It waits no longer
	// than ctx.
	Keys(ctx context.Context) ([][]byte, error)
}

// KeysFunc is an adapter to allow the use of ordinary functions as a [KeySet].
type KeysFunc func(ctx context.Context) ([][]byte, error)

// Keys calls f.
func (f KeysFunc) Keys(ctx context.Context) ([][]byte, error) { return f(ctx) }

// StaticKeys is a set of keys that the program has, for example from a secret
// manager. It keeps copies.
//
// To replace a key in a fleet without an interruption: deploy StaticKeys(old,
// new) everywhere, so that all programs can open what the new key seals; then
// StaticKeys(new, old); then call [Sweep]; then StaticKeys(new).
func StaticKeys(newest []byte, older ...[]byte) KeysFunc {
	kept := copyKeys(append([][]byte{newest}, older...))
	return func(context.Context) ([][]byte, error) { return copyKeys(kept), nil }
}

// UnwrapKeys is a set of keys that a key management service has wrapped
// (encrypted). Unwrap is called once for each key, at the first use, with the
// context of that use; after an error it is called again at the next use. The
// keys are remembered in memory.
func UnwrapKeys(unwrap func(ctx context.Context, wrapped []byte) ([]byte, error), newest []byte, older ...[]byte) KeysFunc {
	wrapped := copyKeys(append([][]byte{newest}, older...))
	turn := make(chan struct{}, 1) // a mutex that ends with the context
	var mu sync.Mutex
	var kept [][]byte
	remembered := func() [][]byte {
		mu.Lock()
		defer mu.Unlock()
		return copyKeys(kept)
	}
	return func(ctx context.Context) ([][]byte, error) {
		if keys := remembered(); len(keys) > 0 {
			return keys, nil
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return nil, fmt.Errorf("storage: waiting for the encryption keys: %w", ctx.Err())
		}
		if keys := remembered(); len(keys) > 0 {
			return keys, nil
		}
		keys := make([][]byte, 0, len(wrapped))
		for i, w := range wrapped {
			key, err := unwrap(ctx, w)
			if err != nil {
				return nil, fmt.Errorf("storage: unwrap encryption key %d of %d: %w", i+1, len(wrapped), err)
			}
			keys = append(keys, key)
		}
		if err := checkKeys(keys); err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		kept = copyKeys(keys)
		return keys, nil
	}
}

func copyKeys(keys [][]byte) [][]byte {
	copies := make([][]byte, 0, len(keys))
	for _, k := range keys {
		copies = append(copies, append([]byte{}, k...))
	}
	return copies
}

func clearKeys(keys [][]byte) {
	for _, k := range keys {
		clear(k)
	}
}

func checkKeys(keys [][]byte) error {
	if len(keys) == 0 {
		return errors.New("storage: the key set is empty")
	}
	for i, k := range keys {
		if len(k) != KeySize {
			return fmt.Errorf("storage: encryption key %d of %d has %d bytes instead of %d", i+1, len(keys), len(k), KeySize)
		}
	}
	return nil
}
