package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
	"github.com/chatelaine-go/chatelaine/storage/internal/keymutex"
)

// A source is the [storage.KeySource] that keeps the key in a keyring. It
// remembers the key for as long as the choice on the disk names the same one.
type source struct {
	cfg   Config
	fetch keymutex.Mutex // one question to the user, however many need the answer

	mu         sync.RWMutex
	closed     bool
	key        []byte
	from       choice   // where key is from
	backend    *backend // the one used last
	passphrase string
}

func isAbsent(err error) bool { return errors.Is(err, errAbsent) }

// LoadKey implements [storage.KeySource].
func (s *source) LoadKey(ctx context.Context) ([]byte, error) {
	c, err := s.chosen()
	if err != nil {
		return nil, err
	}
	if key := s.remembered(c); key != nil {
		return key, nil
	}
	unlock, err := s.fetch.Lock(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("keyring: %w", err)
	}
	defer unlock()
	if key := s.remembered(c); key != nil {
		return key, nil
	}
	b, err := s.backendOf(ctx, c)
	if err != nil {
		return nil, err
	}
	key, err := b.get(ctx, c.Item)
	if err != nil {
		return nil, err
	}
	if err := c.verify(key); err != nil {
		return nil, err
	}
	return s.remember(key, c), nil
}

// chosen returns what the directory remembers; [fs.ErrNotExist] if that is no
// key that could be loaded.
func (s *source) chosen() (*choice, error) {
	s.mu.RLock()
	closed := s.closed
	s.mu.RUnlock()
	if closed {
		return nil, fmt.Errorf("keyring: the store: %w", fs.ErrClosed)
	}
	c, err := readChoice(s.cfg)
	switch {
	case err != nil:
		return nil, err
	case !c.Ready:
		return nil, errNoChoice
	case s.cfg.Backend != "" && s.cfg.Backend != c.Backend:
		return nil, absentError(fmt.Sprintf("the key is held by the backend %q, but Config.Backend is %q", c.Backend, s.cfg.Backend))
	}
	return c, nil
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
	c := &choice{
		Version: choiceVersion, Service: s.cfg.Service, Backend: name,
		Item: newItem(s.cfg.Service), KeyID: keyID(key),
	}
	b, err := s.newBackendOf(ctx, c)
	if err != nil {
		return nil, err
	}
	attempt, attemptErr := readChoice(s.cfg)
	if err := c.write(s.cfg); err != nil {
		return nil, err
	}
	if err := b.set(ctx, c.Item, key); err != nil {
		return nil, err
	}
	got, err := b.get(ctx, c.Item)
	if err != nil {
		return nil, fmt.Errorf("%w: %s said that it stored the key, but does not return it: %w", ErrUnavailable, name, certain(err))
	}
	defer clear(got)
	if err := c.verify(got); err != nil {
		return nil, fmt.Errorf("%w: %s returned something else than was stored: %w", ErrUnavailable, name, err)
	}
	c.Ready = true
	if err := c.write(s.cfg); err != nil {
		return nil, err
	}
	if attemptErr == nil && !attempt.Ready && attempt.Backend == c.Backend {
		// A process that was killed may have stored a key that nothing uses. It is
		// litter, not a danger, so whether it can be removed does not matter.
		_ = b.remove(ctx, attempt.Item)
	}
	return s.remember(bytes.Clone(key), c), nil
}

// choose returns the backend for a new key.
func (s *source) choose(ctx context.Context) (string, error) {
	if s.cfg.Backend != "" {
		return s.cfg.Backend, nil
	}
	if c, err := readChoice(s.cfg); err == nil && c.Ready {
		return c.Backend, nil
	}
	name := nativeBackend(s.cfg.seams.platform)
	if name == "" {
		return "", fmt.Errorf("%w: this platform has no native keyring; set Config.Backend to \"file\" (with a Passphrase) or \"pass\"", ErrUnavailable)
	}
	if err := s.lastBackend(name).probe(ctx); err != nil {
		return "", fmt.Errorf("%w; where there is no such keyring, set Config.Backend to \"file\" (with a Passphrase) or \"pass\"", err)
	}
	return name, nil
}

func newItem(service string) string {
	return itemPrefix + "-" + service + "-" + strings.ToLower(rand.Text())
}

func keyID(key []byte) string { return fmt.Sprintf("%x", envelope.IDOf(key)) }

// verify tells whether key is the one that was chosen.
func (c *choice) verify(key []byte) error {
	if len(key) != storage.KeySize || keyID(key) != c.KeyID {
		return fmt.Errorf("%w: the entry %s in %s is not the encryption key; restore it, or purge the store and sign in again", storage.ErrCorrupt, c.Item, c.Backend)
	}
	return nil
}

// remembered returns a copy of the key if it is the chosen one.
func (s *source) remembered(c *choice) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.key == nil || s.from.Item != c.Item || s.from.KeyID != c.KeyID {
		return nil
	}
	return bytes.Clone(s.key)
}

// remember keeps key and returns a copy.
func (s *source) remember(key []byte, c *choice) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.key)
	s.key, s.from = key, *c
	if s.closed {
		defer clear(key)
	}
	return bytes.Clone(key)
}
