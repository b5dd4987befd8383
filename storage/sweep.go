package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
)

// maxSweepErrors bounds how many values the error of Sweep names.
const maxSweepErrors = 10

// Sweep seals every value of store anew that was sealed with an older key, each under its lock, and
// returns how many it sealed. After a Sweep without an error, the older keys are not needed
// anymore, if no program seals with one of them. It may run while programs use the store, may be
// interrupted, and may be run again.
//
// Store must be one that [Seal] returned, over a [Lister]. A value that cannot
// be opened does not stop it; the error names the first ten of them.
func Sweep(ctx context.Context, store Store) (resealed int, err error) {
	s, ok := store.(*sealing)
	if !ok {
		return 0, fmt.Errorf("storage: sweep: the store was not made by Seal: %w", errors.ErrUnsupported)
	}
	var problems []error
	for key, err := range s.Keys(ctx) {
		if err == nil {
			var done bool
			if done, err = s.reseal(ctx, key); done {
				resealed++
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, ErrCorrupt), errors.Is(err, ErrKeyMissing), errors.Is(err, ErrTooNew):
			if len(problems) < maxSweepErrors {
				problems = append(problems, err)
			}
		default:
			return resealed, errors.Join(append(problems, fmt.Errorf("storage: sweep: %w", err))...)
		}
	}
	return resealed, errors.Join(problems...)
}

// reseal seals one value anew, unless the newest key has sealed it.
func (s *sealing) reseal(ctx context.Context, key string) (done bool, err error) {
	keys, err := s.loadKeys(ctx)
	if err != nil {
		return false, err
	}
	defer clearKeys(keys)
	sealed, err := s.inner.Load(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // removed since it was listed
	}
	if err != nil {
		return false, err
	}
	if _, _, err := envelope.Open(keys[0], s.context(key), sealed); err == nil {
		return false, nil
	}
	err = s.Update(ctx, key, func(_ context.Context, old []byte) ([]byte, error) { return old, nil })
	return err == nil, err
}

// Keys implements [Lister].
func (s *sealing) Keys(ctx context.Context) iter.Seq2[string, error] {
	if l, ok := s.inner.(Lister); ok {
		return l.Keys(ctx)
	}
	return func(yield func(string, error) bool) {
		yield("", fmt.Errorf("storage: keys: %v cannot list its keys: %w", s.inner, errors.ErrUnsupported))
	}
}
