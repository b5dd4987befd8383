package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
	"github.com/chatelaine-go/chatelaine/storage/internal/keymutex"
)

// A source is the [storage.KeySource] that keeps the key in a keyring. It
// remembers the key for as long as the manifest on the disk names the same one.
type source struct {
	cfg   Config
	fetch keymutex.Mutex // one question to the user, however many need the answer

	mu         sync.RWMutex
	closed     bool
	key        []byte
	from       manifest // where key is from
	decided    string   // the backend that Open has chosen for a new key
	backend    *backend // the one used last
	passphrase string
}

// LoadKey implements [storage.KeySource].
func (s *source) LoadKey(ctx context.Context) ([]byte, error) {
	m, err := s.current()
	if err != nil {
		return nil, err
	}
	if key := s.remembered(m); key != nil {
		return key, nil
	}
	if s.cfg.Backend != "" && s.cfg.Backend != m.Backend || len(s.cfg.Backends) > 0 && !slices.Contains(s.cfg.Backends, m.Backend) {
		return nil, otherBackend(find(s.cfg.hooks.kinds, s.cfg.wanted()[0]), find(s.cfg.hooks.kinds, m.Backend))
	}
	unlock, err := s.fetch.Lock(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	defer unlock()
	if key := s.remembered(m); key != nil {
		return key, nil
	}
	b, err := s.backendOf(ctx, m)
	if err != nil {
		return nil, err
	}
	key, err := b.get(ctx, m.Item)
	if err != nil {
		return nil, elsewhere(err)
	}
	if err := m.verify(key); err != nil {
		return nil, err
	}
	return s.remember(key, m), nil
}

// elsewhere completes the advice about a backend that does not work here,
// though it did when the key was stored in it.
func elsewhere(err error) error {
	var known *Error
	if !errors.As(err, &known) || !errors.Is(known.Kind, ErrUnavailable) || known.Fix == "" {
		return err
	}
	e := *known
	e.Fix = "the key is there, so use a session where it works, or move the key from such a session to another backend; " + e.Fix
	return &e
}

// current returns the manifest of the key; [fs.ErrNotExist] if there is no key
// that could be loaded.
func (s *source) current() (*manifest, error) {
	s.mu.RLock()
	closed := s.closed
	s.mu.RUnlock()
	if closed {
		return nil, fmt.Errorf("keyring: the store: %w", fs.ErrClosed)
	}
	m, err := readManifest(s.cfg)
	if err != nil {
		return nil, err
	}
	if !m.Ready {
		return nil, errNoManifest
	}
	return m, nil
}

// CreateKey implements [storage.KeySource].
func (s *source) CreateKey(ctx context.Context) ([]byte, error) {
	unlock, err := s.fetch.Lock(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	defer unlock()
	name, err := s.choose(ctx)
	if err != nil {
		return nil, err
	}
	key := make([]byte, storage.KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	defer clear(key)
	// A name that no other store and no earlier attempt has used: whatever a
	// keyring says about it, there is nothing to overwrite.
	m := &manifest{Service: s.cfg.Service, Backend: name, Item: newItem(s.cfg.Service), KeyID: keyID(key)}
	b, err := s.newBackendOf(ctx, m)
	if err != nil {
		return nil, err
	}
	attempt, attemptErr := readManifest(s.cfg)
	if err := m.write(s.cfg); err != nil {
		return nil, err
	}
	if err := b.store(ctx, m, key); err != nil {
		return nil, err
	}
	m.Ready = true
	if err := m.write(s.cfg); err != nil {
		return nil, err
	}
	if attemptErr == nil && !attempt.Ready && attempt.Backend == m.Backend {
		// A process that was killed may have stored a key that nothing uses. It is
		// litter, not a danger, so whether it can be removed does not matter.
		_ = b.remove(ctx, attempt.Item)
	}
	return s.remember(bytes.Clone(key), m), nil
}

// store stores the key that m describes, and proves that it is there.
func (b *backend) store(ctx context.Context, m *manifest, key []byte) error {
	if err := b.set(ctx, m.Item, key); err != nil {
		return err
	}
	got, err := b.get(ctx, m.Item)
	if isAbsent(err) {
		return b.kind.failed("read", errors.New("it reported that it stored the key, but does not return it"))
	}
	if err != nil {
		return hideNotExist(err)
	}
	defer clear(got)
	if err := m.verify(got); err != nil {
		return b.kind.failed("read", errors.New("it returned something else than was stored"))
	}
	return nil
}

func newItem(service string) string {
	return itemPrefix + "-" + service + "-" + strings.ToLower(rand.Text())
}

func keyID(key []byte) string { return fmt.Sprintf("%x", envelope.IDOf(key)) }

// remembered returns a copy of the key if it is the one that m describes,
// wherever that is kept by now.
func (s *source) remembered(m *manifest) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.key == nil || s.from.KeyID != m.KeyID {
		return nil
	}
	return bytes.Clone(s.key)
}

// remember keeps key and returns a copy.
func (s *source) remember(key []byte, m *manifest) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.key)
	s.key, s.from = key, *m
	if s.closed {
		defer clear(key)
	}
	return bytes.Clone(key)
}

// forget removes the key from the keyring and then what is remembered of it.
// It runs under the exclusive lock of the service.
func (s *source) forget(ctx context.Context) error {
	m, err := readManifest(s.cfg)
	if err == nil {
		if err := s.lastBackend(m.Backend).remove(ctx, m.Item); err != nil {
			return fmt.Errorf("the values are removed, but their key is still in the keyring: %w", err)
		}
	}
	return removeManifest(s.cfg)
}
