package keyring

import (
	"context"
	"fmt"
	"iter"

	"github.com/chatelaine-go/chatelaine/storage"
)

// Store is a [storage.Store] of sealed files whose encryption key is in a
// keyring. It is safe for concurrent use by many goroutines, and any number of
// processes may have the same one open. Use [Open]; the methods of the zero
// value return an error.
type Store struct {
	sealed *storage.Sealed
	source *source
	inUse  inUse
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Replacer = (*Store)(nil)
	_ storage.Lister   = (*Store)(nil)
)

// Open opens the store of cfg.Service in cfg.Dir. It gets the encryption key,
// and at the very first time creates it, so that nothing after Open has to
// wait for the keyring or for the user. It waits no longer than ctx, and for
// each call of the backend no longer than cfg.Timeout.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := assemble(cfg)
	if err != nil {
		return nil, err
	}
	if err := s.source.decide(ctx); err != nil {
		return nil, err
	}
	if err := s.sealed.Unlock(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Purge is [Store.Purge] for a store that cannot be opened any more, because
// its encryption key is gone or the passphrase is forgotten.
func Purge(ctx context.Context, cfg Config) error {
	s, err := assemble(cfg)
	if err != nil {
		return err
	}
	return s.Purge(ctx)
}

func assemble(cfg Config) (*Store, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	s := &source{cfg: cfg}
	sealed, err := storage.OpenSealed(storage.SealedConfig{Dir: cfg.Dir, Service: cfg.Service, Key: s})
	if err != nil {
		return nil, err
	}
	return &Store{sealed: sealed, source: s}, nil
}

// Load implements [storage.Store].
func (s *Store) Load(ctx context.Context, key string) ([]byte, error) {
	return s.sealed.Load(ctx, key)
}

// Update implements [storage.Store].
func (s *Store) Update(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	return s.inUse.counted(func(fn change) error { return s.sealed.Update(ctx, key, fn) }, fn)
}

// Replace implements [storage.Replacer].
func (s *Store) Replace(ctx context.Context, key string, fn func(ctx context.Context, old []byte) ([]byte, error)) error {
	return s.inUse.counted(func(fn change) error { return s.sealed.Replace(ctx, key, fn) }, fn)
}

// Remove implements [storage.Replacer].
func (s *Store) Remove(ctx context.Context, key string) error { return s.sealed.Remove(ctx, key) }

// Keys implements [storage.Lister].
func (s *Store) Keys(ctx context.Context) iter.Seq2[string, error] { return s.sealed.Keys(ctx) }

// Backend names the backend that holds the encryption key, in the words of
// [Config.Backend].
func (s *Store) Backend() string {
	if s.source == nil {
		return ""
	}
	s.source.mu.RLock()
	defer s.source.mu.RUnlock()
	return s.source.from.Backend
}

// Purge removes all values of the service, readable or not, and its encryption
// key. The store stays usable; the next Update creates a new key.
func (s *Store) Purge(ctx context.Context) error {
	return s.sealed.Purge(ctx, s.source.forget)
}

// Close waits, for no longer than a minute, until every Update whose callback
// was called has saved and returned: a program that ends then has lost nothing.
// An error says that one has not. Close forgets the encryption key and the
// passphrase; later calls, and Updates that still wait for their lock, fail with
// [io/fs.ErrClosed], and their callback is not called. Nothing else on the disk
// or in the keyring changes. It must not be called from a callback of Update.
func (s *Store) Close() error {
	if s.source == nil {
		return nil
	}
	err := s.inUse.close()
	s.source.mu.Lock()
	defer s.source.mu.Unlock()
	s.source.closed = true
	clear(s.source.key)
	s.source.key, s.source.backend, s.source.passphrase = nil, nil, ""
	return err
}

// String names the service and the backend.
func (s *Store) String() string {
	if s.source == nil {
		return "keyring.Store(not opened)"
	}
	return fmt.Sprintf("keyring.Store(%s in %s)", s.source.cfg.Service, s.Backend())
}

// GoString is [Store.String], so %#v shows no key.
func (s *Store) GoString() string { return s.String() }
