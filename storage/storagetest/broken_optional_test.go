package storagetest_test

import (
	"context"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// A brokenOptional has the optional interfaces too, one of them with a fault, or none.
type brokenOptional struct {
	*brokenMemory
	fault string
}

var (
	_ storage.Lister   = brokenOptional{}
	_ storage.Replacer = brokenOptional{}
)

func newBrokenOptional(fault string) brokenOptional {
	return brokenOptional{newBrokenMemory(""), fault}
}

func optionalFaults() map[string]string {
	return map[string]string{
		"lists nothing":              "keys",
		"lists twice":                "keys",
		"lists what is gone":         "keys",
		"lists when canceled":        "keys_of_a_canceled_context",
		"list waits":                 "keys_do_not_wait",
		"replace hides":              "replace",
		"replace saves after errors": "replace,_error",
		"replace takes no lock":      "replace_waits",
		"remove reports absence":     "remove",
		"remove does nothing":        "remove",
		"removes when canceled":      "remove",
		"remove takes no lock":       "remove_waits",
	}
}

func (b brokenOptional) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := ctx.Err(); err != nil && b.fault != "lists when canceled" {
			yield("", err)
			return
		}
		if b.fault == "list waits" {
			l := b.lockOf("default")
			l <- struct{}{}
			defer func() { <-l }()
		}
		b.mu.Lock()
		keys := slices.Collect(maps.Keys(b.values))
		if b.fault == "lists what is gone" {
			keys = slices.Collect(maps.Keys(b.locks))
		}
		b.mu.Unlock()
		switch b.fault {
		case "lists nothing":
			keys = nil
		case "lists twice":
			keys = append(keys, keys...)
		}
		for _, key := range keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}

func (b brokenOptional) Replace(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	switch b.fault {
	case "replace takes no lock":
		value, err := fn(ctx, nil)
		b.set(key, value)
		return err
	case "replace hides":
		return b.Update(ctx, key, func(ctx context.Context, _ []byte) ([]byte, error) { return fn(ctx, nil) })
	case "replace saves after errors":
		var failure error
		err := b.Update(ctx, key, func(ctx context.Context, old []byte) (value []byte, _ error) {
			value, failure = fn(ctx, old)
			return value, nil
		})
		if err != nil {
			return err
		}
		return failure
	}
	return b.Update(ctx, key, fn)
}

func (b brokenOptional) Remove(ctx context.Context, key string) error {
	switch b.fault {
	case "remove does nothing":
		return ctx.Err()
	case "remove takes no lock":
		b.set(key, nil)
		return nil
	case "removes when canceled":
		ctx = context.WithoutCancel(ctx)
	}
	return b.Update(ctx, key, func(_ context.Context, old []byte) ([]byte, error) {
		if old == nil && b.fault == "remove reports absence" {
			return nil, fs.ErrNotExist
		}
		return nil, nil
	})
}

func TestBrokenOptional(t *testing.T) {
	t.Parallel()
	for fault, check := range optionalFaults() {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			if !inChild() {
				mustFail(t, check)
				return
			}
			storagetest.Run(t, func(*testing.T) storage.Store { return newBrokenOptional(fault) })
		})
	}
}

// TestSoundOptional shows that the stores above are broken by their faults.
func TestSoundOptional(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storage.Store { return newBrokenOptional("") })
}
