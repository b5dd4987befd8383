package storagetest_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
)

// A brokenMemory is a store with one fault, or with none.
type brokenMemory struct {
	fault string
	lock  chan struct{}
	calls atomic.Int32 // with the fault "hangs"

	mu     sync.Mutex
	locks  map[string]chan struct{}
	values map[string][]byte
}

func newBrokenMemory(fault string) *brokenMemory {
	return &brokenMemory{
		fault: fault, lock: make(chan struct{}, 1),
		locks: make(map[string]chan struct{}), values: make(map[string][]byte),
	}
}

func (b *brokenMemory) name(key string) string {
	switch b.fault {
	case "folds keys":
		return strings.ToLower(key)
	case "trims keys":
		return strings.TrimSpace(key)
	default:
		return key
	}
}

func (b *brokenMemory) lockOf(key string) chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fault == "one lock for all keys" {
		return b.lock
	}
	if b.locks[key] == nil {
		b.locks[key] = make(chan struct{}, 1)
	}
	return b.locks[key]
}

func (b *brokenMemory) Load(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil && b.fault != "loads when canceled" {
		return nil, err
	}
	key = b.name(key)
	if b.fault == "load waits" {
		l := b.lockOf(key)
		l <- struct{}{}
		defer func() { <-l }()
	}
	return b.get(key)
}

func (b *brokenMemory) get(key string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	value, ok := b.values[key]
	switch {
	case !ok && b.fault == "absent is nothing":
		return nil, nil
	case !ok && b.fault == "own word for absent":
		return nil, errors.New("no such key")
	case !ok, len(value) == 0 && b.fault == "empty is absent":
		return nil, fs.ErrNotExist
	case b.fault == "shares slices":
		return value, nil
	}
	return append([]byte{}, value...), nil
}

func (b *brokenMemory) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	// A short deadline may have passed already on a busy machine: who ignores it, ignores it then,
	// too.
	if err := ctx.Err(); err != nil && b.fault != "updates when canceled" && b.fault != "ignores context" {
		return err
	}
	if b.fault == "hangs" && b.calls.Add(1) > 20 {
		<-ctx.Done()
		return ctx.Err()
	}
	key = b.name(key)
	unlock, err := b.acquire(ctx, key)
	if err != nil {
		return err
	}
	old, err := b.get(key)
	if err != nil {
		old = nil
	}
	value, err := b.call(ctx, fn, old, unlock)
	switch {
	case err != nil && b.fault == "saves in spite of error":
	case err != nil && b.fault == "swallows the error":
		return nil
	case err != nil && b.fault == "forgets the lock after an error":
		return err
	case err != nil:
		unlock()
		return err
	}
	defer unlock()
	if b.fault == "drops on cancel" && ctx.Err() != nil {
		return ctx.Err()
	}
	b.set(key, value)
	return err
}

func (b *brokenMemory) acquire(ctx context.Context, key string) (unlock func(), err error) {
	l := b.lockOf(key)
	switch b.fault {
	case "lost update":
		return func() {}, nil
	case "ignores context":
		l <- struct{}{}
		return func() { <-l }, nil
	}
	select { // a free lock first: with the context ended as well, the other select would toss a coin
	case l <- struct{}{}:
		return func() { <-l }, nil
	default:
	}
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *brokenMemory) call(ctx context.Context, fn func(context.Context, []byte) ([]byte, error), old []byte, unlock func()) (value []byte, err error) {
	returned := false
	defer func() {
		switch {
		case returned || b.fault == "forgets the lock after a panic":
		case b.fault == "swallows the panic":
			recover() // that is the fault
			value, err = old, nil
		default:
			unlock()
		}
	}()
	if b.fault == "own context" {
		ctx = context.Background() // that is the fault
	}
	value, err = fn(ctx, old)
	returned = true
	return value, err
}

func (b *brokenMemory) set(key string, value []byte) {
	switch {
	case value == nil && b.fault == "does not delete":
		return
	case value == nil:
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.values, key)
		return
	case b.fault == "torn write":
		// A copy that others may watch while it is made.
		whole := bytes.Clone(value)
		for i := 1; i <= 4; i++ {
			b.mu.Lock()
			b.values[key] = whole[:len(whole)*i/4]
			b.mu.Unlock()
			runtime.Gosched()
		}
		return
	case b.fault == "text only":
		value = bytes.ToValidUTF8(value, []byte("?"))
	case b.fault == "small values only" && len(value) > 2560:
		value = value[:2560]
	case b.fault != "shares slices":
		value = append([]byte{}, value...)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.values[key] = value
}
