package storage

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/chatelaine-go/chatelaine/storage/internal/keymutex"
	"github.com/chatelaine-go/chatelaine/storage/internal/nested"
)

// Memory is a [Store] that lives and dies with the process. It holds values in
// the clear. Use [NewMemory]; the zero value is ready to use as well. A Memory
// must not be copied after its first use.
type Memory struct {
	locks  keymutex.Mutex
	mu     sync.RWMutex
	values map[string][]byte
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{} }

// Load implements [Store].
func (m *Memory) Load(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("storage: load: %w", err)
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	old := m.get(key)
	if old == nil {
		return nil, notExist(key)
	}
	return old, nil
}

// Update implements [Store].
func (m *Memory) Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	if err := checkKey(key); err != nil {
		return err
	}
	lock := nested.Lock{Store: m, Name: key}
	if err := lock.Check(ctx); err != nil {
		return err
	}
	unlock, err := m.locks.Lock(ctx, key)
	if err != nil {
		return fmt.Errorf("%w: waiting for the lock of %q: %w", ErrBusy, key, err)
	}
	defer unlock()
	inside, done := lock.Enter(ctx)
	defer done()

	old := m.get(key)
	value, err := fn(inside, old)
	if err != nil {
		return err
	}
	if err := checkValue(value); err != nil {
		return err
	}
	m.set(key, value)
	return nil
}

// String reports the number of values, and shows none of them.
func (m *Memory) String() string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return fmt.Sprintf("storage.Memory(%d values)", len(m.values))
}

// GoString is [Memory.String], so %#v shows no values.
func (m *Memory) GoString() string { return m.String() }

// get returns a copy, which is nil only if no value is stored.
func (m *Memory) get(key string) []byte {
	m.mu.RLock()
	defer m.mu.RUnlock()
	value, ok := m.values[key]
	if !ok {
		return nil
	}
	return append([]byte{}, value...)
}

func (m *Memory) set(key string, value []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if value == nil {
		clear(m.values[key])
		delete(m.values, key)
		return
	}
	if m.values == nil {
		m.values = make(map[string][]byte)
	}
	if old, ok := m.values[key]; !ok || !bytes.Equal(old, value) {
		clear(old)
		m.values[key] = append([]byte{}, value...)
	}
}
