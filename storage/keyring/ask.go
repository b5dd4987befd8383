package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"
)

// promptGrace is for a prompt to give the terminal back: what has ended the context has interrupted it, too.
const promptGrace = 200 * time.Millisecond

const forEver = time.Duration(math.MaxInt64)

// askAhead asks for the passphrase if the key of the file backend is about to
// be created.
func (s *source) askAhead(ctx context.Context) error {
	if _, err := s.chosen(); !errors.Is(err, fs.ErrNotExist) {
		return nil // the key is there, or what is wrong will be said soon
	}
	if s.cfg.Backend != backendFile {
		return nil // without being told, nobody gets the file backend
	}
	_, err := s.ask(ctx, s.newPrompt())
	return err
}

// backendOf returns the backend that holds the chosen key, with its password.
func (s *source) backendOf(ctx context.Context, c *choice) (*backend, error) {
	b := *s.lastBackend(c.Backend)
	if c.Backend != backendFile {
		return &b, nil
	}
	passphrase, err := s.ask(ctx, "Passphrase for the keys of "+s.cfg.Service)
	if err != nil {
		return nil, err
	}
	if b.password, err = c.Stretch.password(passphrase); err != nil {
		s.forgetPassphrase()
		return nil, err
	}
	return &b, nil
}

// newBackendOf returns a backend for a key that is about to be created.
func (s *source) newBackendOf(ctx context.Context, c *choice) (*backend, error) {
	b := *s.lastBackend(c.Backend)
	if c.Backend != backendFile {
		return &b, nil
	}
	passphrase, err := s.ask(ctx, s.newPrompt())
	if err != nil {
		return nil, err
	}
	if c.Stretch, b.password, err = newStretch(passphrase, s.cfg.seams.iterations); err != nil {
		return nil, err
	}
	return &b, nil
}

func (s *source) newPrompt() string { return "New passphrase for the keys of " + s.cfg.Service }

// lastBackend returns the backend used before, if it is the same, because
// calls of it may still hang and must not pile up.
func (s *source) lastBackend(name string) *backend {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.backend == nil || s.backend.name != name {
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
		return "", fmt.Errorf("%w: the file backend needs Config.Passphrase", ErrNoPassphrase)
	}
	c := newCaller()
	c.grace = promptGrace
	passphrase, err := bounded(ctx, c, forEver, func() (string, error) { return s.cfg.Passphrase(prompt) })
	if err != nil {
		return "", fmt.Errorf("keyring: passphrase: %w", certain(err))
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
