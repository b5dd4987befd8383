package keyring

import (
	"context"
	"errors"
	"io/fs"
)

// wanted returns the backends that the configuration names, best first.
func (cfg Config) wanted() []string {
	switch {
	case len(cfg.Backends) > 0:
		return cfg.Backends
	case cfg.Backend != "":
		return []string{cfg.Backend}
	}
	if name := native(cfg.hooks.kinds, cfg.hooks.system); name != "" {
		return []string{name}
	}
	return nil
}

// choose returns the backend for a new key.
func (s *source) choose(ctx context.Context) (string, error) {
	if s.cfg.Backend != "" {
		return s.cfg.Backend, nil // whether it works shows when the key is stored
	}
	if m, err := readManifest(s.cfg); err == nil && m.Ready {
		return m.Backend, nil
	}
	s.mu.RLock()
	decided := s.decided
	s.mu.RUnlock()
	if decided != "" {
		return decided, nil
	}
	return s.firstUsable(ctx)
}

// firstUsable returns the first of the wanted backends that works.
func (s *source) firstUsable(ctx context.Context) (string, error) {
	wanted := s.cfg.wanted()
	if len(wanted) == 0 {
		return "", &Error{Kind: ErrUnavailable, Err: errors.New("this system has no keyring of its own"), Fix: instead}
	}
	var failures []error
	for _, name := range wanted {
		err := s.usable(ctx, name)
		if err == nil {
			return name, nil
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return "", errors.Join(failures...)
}

// usable reports why a backend cannot hold a new key, or nil.
func (s *source) usable(ctx context.Context, name string) error {
	b := s.lastBackend(name)
	if !b.kind.encrypted {
		return b.probe(ctx)
	}
	if err := b.kind.missing(s.cfg.hooks.library); err != nil {
		return err
	}
	if s.cfg.Passphrase == nil {
		return noPassphrase()
	}
	return nil
}

// decide chooses the backend for a new key, and asks for its passphrase, before
// any lock is taken: a user who thinks about the passphrase must not hold one.
func (s *source) decide(ctx context.Context) error {
	if _, err := s.current(); !errors.Is(err, fs.ErrNotExist) {
		return nil // there is a key, or LoadKey reports what is wrong
	}
	name := s.cfg.Backend
	if len(s.cfg.Backends) > 0 {
		var err error
		if name, err = s.choose(ctx); err != nil {
			return err
		}
		s.mu.Lock()
		s.decided = name
		s.mu.Unlock()
	}
	if !find(s.cfg.hooks.kinds, name).encrypted {
		return nil
	}
	_, err := s.ask(ctx, newPrompt(s.cfg.Service))
	return err
}
