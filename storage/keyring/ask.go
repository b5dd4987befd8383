package keyring

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	// promptGrace is for a prompt to give the terminal back: the end of the
	// context has interrupted it as well.
	promptGrace = 200 * time.Millisecond
	unlimited   = time.Duration(math.MaxInt64)
)

func newPrompt(service string) string { return newPassphrase + " for the keys of " + service }

func noPassphrase() error {
	return fmt.Errorf("%w: the encrypted key file needs one, and this program does not ask for it", ErrNoPassphrase)
}

// backendOf returns the backend that holds the key, with its password.
func (s *source) backendOf(ctx context.Context, m *manifest) (*backend, error) {
	b := *s.lastBackend(m.Backend)
	if !b.kind.encrypted {
		return &b, nil
	}
	passphrase, err := s.ask(ctx, "Passphrase for the keys of "+s.cfg.Service)
	if err != nil {
		return nil, err
	}
	if b.password, err = m.KDF.password(passphrase); err != nil {
		s.forgetPassphrase()
		return nil, err
	}
	return &b, nil
}

// newBackendOf returns a backend for a key that is about to be stored, and
// completes its manifest.
func (s *source) newBackendOf(ctx context.Context, m *manifest) (*backend, error) {
	b := *s.lastBackend(m.Backend)
	if !b.kind.encrypted {
		return &b, nil
	}
	passphrase, err := s.ask(ctx, newPrompt(s.cfg.Service))
	if err != nil {
		return nil, err
	}
	if s.cfg.RandomKey {
		m.KDF, b.password, err = newExpansion(passphrase)
	} else {
		m.KDF, b.password, err = newStretching(passphrase, s.cfg.hooks.iterations)
	}
	if err != nil {
		s.forgetPassphrase()
		return nil, err
	}
	return &b, nil
}

// lastBackend returns the backend used before, if it is the same, because
// calls of it may still hang and must not pile up.
func (s *source) lastBackend(name string) *backend {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.backend == nil || s.backend.kind.name != name {
		s.backend = newBackend(name, s.cfg)
	}
	return s.backend
}

// ask returns the passphrase, asking for it only the first time.
func (s *source) ask(ctx context.Context, prompt string) (string, error) {
	s.mu.RLock()
	known := s.passphrase
	s.mu.RUnlock()
	if known != "" {
		return known, nil
	}
	if s.cfg.Passphrase == nil {
		return "", noPassphrase()
	}
	c := newSerialCaller()
	c.grace = promptGrace
	done := terminal.wanted(ctx)
	passphrase, err := callWithTimeout(ctx, c, unlimited, func() (string, error) {
		defer done()
		return s.cfg.Passphrase(prompt)
	})
	if errors.Is(err, ErrNoPassphrase) {
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("keyring: passphrase: %w", hideNotExist(err))
	}
	if passphrase == "" {
		return "", fmt.Errorf("%w: it is empty", ErrNoPassphrase)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passphrase = passphrase
	return passphrase, nil
}

func (s *source) forgetPassphrase() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passphrase = ""
}
