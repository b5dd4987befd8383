package storagetest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

const smallest = 64 << 10

// A small is a store with a limit for values, which it refuses, cuts off or
// forgets to check.
type small struct {
	*storage.Memory
	fault string
}

func (s small) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	return s.Memory.Update(ctx, key, func(ctx context.Context, old []byte) ([]byte, error) {
		value, err := fn(ctx, old)
		switch {
		case err != nil || len(value) <= smallest || s.fault == "no limit":
			return value, err
		case s.fault == "cuts off":
			return value[:smallest], nil
		case s.fault == "own error":
			return nil, fmt.Errorf("%d bytes are too many", len(value))
		default:
			return nil, fmt.Errorf("%w: %d bytes", storage.ErrTooLarge, len(value))
		}
	})
}

func TestLimits(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storage.Store { return small{storage.NewMemory(), ""} },
		storagetest.Limits{Patience: time.Minute, MaxValue: smallest})
}

func TestBrokenLimits(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"no limit", "cuts off", "own error"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			if !inChild() {
				mustFail(t, "too_large")
				return
			}
			storagetest.Run(t, func(*testing.T) storage.Store { return small{storage.NewMemory(), fault} },
				storagetest.Limits{MaxValue: smallest})
		})
	}
}

// TestBrokenConfig: a suite that is called wrongly fails before it checks
// anything.
func TestBrokenConfig(t *testing.T) {
	t.Parallel()
	memory := func(*testing.T) storage.Store { return storage.NewMemory() }
	shared := func(*testing.T, string) storage.Store { return storage.NewMemory() }
	fleet := func(*testing.T, string, string) storage.Store { return storage.NewMemory() }
	failover := func(*testing.T) string { return "" }
	for name, run := range map[string]func(t *testing.T){
		"two limits":      func(t *testing.T) { t.Helper(); storagetest.Run(t, memory, storagetest.Limits{}, storagetest.Limits{}) },
		"short patience":  func(t *testing.T) { t.Helper(); storagetest.Run(t, memory, storagetest.Limits{Patience: 1}) },
		"small values":    func(t *testing.T) { t.Helper(); storagetest.RunShared(t, shared, storagetest.Limits{MaxValue: 1000}) },
		"nothing to open": func(t *testing.T) { t.Helper(); storagetest.RunFleet(t, storagetest.Fleet{TTL: time.Second}) },
		"no TTL":          func(t *testing.T) { t.Helper(); storagetest.RunFleet(t, storagetest.Fleet{Open: fleet}) },
		"negative Wake": func(t *testing.T) {
			t.Helper()
			storagetest.RunFleet(t, storagetest.Fleet{Open: fleet, TTL: 1, Wake: -1})
		},
		"limits of a fleet": func(t *testing.T) {
			t.Helper()
			storagetest.RunFleet(t, storagetest.Fleet{Open: fleet, TTL: 1, Limits: storagetest.Limits{Patience: -1}})
		},
		"failover of nothing": func(t *testing.T) {
			t.Helper()
			storagetest.RunFleet(t, storagetest.Fleet{Open: fleet, TTL: 1, Failover: failover})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !inChild() {
				mustFail(t, "")
				return
			}
			run(t)
		})
	}
}
