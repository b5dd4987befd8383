package storagetest_test

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A brokenFiles is a store of plain files in a directory, with one fault.
type brokenFiles struct {
	fault string
	dir   string
	mu    sync.Mutex
	cache sync.Map // with the fault "caches"
}

func (b *brokenFiles) path(key string) string {
	name := hex.EncodeToString([]byte(key))
	return filepath.Join(b.dir, name[:min(len(name), 200)])
}

func (b *brokenFiles) Load(_ context.Context, key string) ([]byte, error) {
	if b.fault == "caches" {
		if value, ok := b.cache.Load(key); ok {
			return value.([]byte), nil
		}
	}
	return os.ReadFile(b.path(key))
}

func (b *brokenFiles) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	unlock, err := b.lock(ctx, key)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := b.Load(ctx, key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	value, err := fn(ctx, old)
	if err != nil {
		return err
	}
	return b.save(key, value)
}

func (b *brokenFiles) lock(ctx context.Context, key string) (unlock func(), err error) {
	if b.fault != "lock file outlives its holder" {
		b.mu.Lock()
		return b.mu.Unlock, nil
	}
	path := b.path(key) + ".lock"
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return func() { _ = os.Remove(path) }, f.Close()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

func (b *brokenFiles) save(key string, value []byte) error {
	if b.fault == "caches" {
		b.cache.Store(key, value)
	}
	if b.fault == "writes in place" {
		return os.WriteFile(b.path(key), value, 0o600)
	}
	temp := b.path(key) + ".tmp"
	if err := os.WriteFile(temp, value, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, b.path(key))
}
