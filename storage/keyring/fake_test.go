package keyring_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// A fakeRing is a keyring that can behave like that of any platform.
type fakeRing struct {
	mu    sync.Mutex
	items map[string]kr.Item
	calls map[string]int

	// What each call does instead of, or before, the usual; nil is the usual.
	open, get, set, remove func() error
	// What get returns in place of the item that is there.
	altered func(kr.Item) kr.Item
}

func newFakeRing() *fakeRing {
	return &fakeRing{items: make(map[string]kr.Item), calls: make(map[string]int)}
}

// errForgets makes Set say that it stored the item, and not do so.
var errForgets = errors.New("forgets")

func (f *fakeRing) Open(kr.Config) (kr.Keyring, error) {
	if err := f.manner("open", f.open); err != nil {
		return nil, err
	}
	return f, nil
}

// manner counts the call and runs its special behavior, without holding the lock, since that may
// never return.
func (f *fakeRing) manner(call string, peculiar func() error) error {
	f.mu.Lock()
	f.calls[call]++
	f.mu.Unlock()
	if peculiar == nil {
		return nil
	}
	return peculiar()
}

func (f *fakeRing) Get(key string) (kr.Item, error) {
	if err := f.manner("get", f.get); err != nil {
		return kr.Item{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	item, ok := f.items[key]
	if !ok {
		return kr.Item{}, kr.ErrKeyNotFound
	}
	if f.altered != nil {
		item = f.altered(item)
	}
	return item, nil
}

func (f *fakeRing) Set(item kr.Item) error {
	if err := f.manner("set", f.set); err != nil {
		if errors.Is(err, errForgets) {
			return nil
		}
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.items[item.Key] = item
	return nil
}

func (f *fakeRing) Remove(key string) error {
	if err := f.manner("remove", f.remove); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.items[key]; !ok {
		return kr.ErrKeyNotFound
	}
	delete(f.items, key)
	return nil
}

func (*fakeRing) GetMetadata(string) (kr.Metadata, error) {
	return kr.Metadata{}, kr.ErrMetadataNotSupported
}

func (*fakeRing) Keys() ([]string, error) { return nil, nil }

func (f *fakeRing) count(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[call]
}

func (f *fakeRing) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.items)
}

// A brokenSet says which backends do not work at present.
type brokenSet struct {
	mu     sync.Mutex
	broken map[string]bool
}

func (b *brokenSet) set(broken map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = broken
}

// listConfig tries backends in order, each of which works unless it is broken.
func listConfig(t *testing.T, backends []string) (keyring.Config, *brokenSet) {
	t.Helper()
	b, rings := &brokenSet{}, make(map[string]*fakeRing)
	cfg := fileConfig(t.TempDir())
	cfg.Backend, cfg.Backends = "", backends
	return keyring.Libraried(cfg, func(backend string) (kr.Keyring, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.broken[backend] {
			return nil, errors.New("it is broken")
		}
		if rings[backend] == nil {
			rings[backend] = newFakeRing()
		}
		return rings[backend], nil
	}), b
}

func briefly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}
