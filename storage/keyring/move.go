package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Move moves the encryption key of a store to another backend, or under another
// passphrase. The values stay as they are, and so do the sessions in them.
//
// The configuration from opens the existing store. The configuration to says
// where the key is to be: Service and Dir must be the same, or empty; of
// Backends the first usable one is taken. Move waits, no longer than ctx, until no
// Update of the service runs in any process. Programs that have the store open go
// on with the key that they have in memory.
//
// The key is stored and read back in its new place before the old one is
// forgotten; on error, and when the process is killed at any moment, the store
// opens as before or as after. If only the removal of the old entry failed, the
// error says so and the key is in its new place.
func Move(ctx context.Context, from, to Config) error {
	if to.Service == "" {
		to.Service = from.Service
	}
	if to.Dir == "" {
		to.Dir = from.Dir
	}
	old, err := assemble(from)
	if err != nil {
		return err
	}
	next, err := assemble(to)
	if err != nil {
		return err
	}
	defer func() { _, _ = old.Close(), next.Close() }()
	if old.source.cfg.Service != next.source.cfg.Service || old.source.cfg.Dir != next.source.cfg.Dir {
		return errors.New("keyring: Move: Service and Dir must be the same in both configurations")
	}
	if len(to.Backends) == 0 && to.Backend == "" {
		return errors.New("keyring: Move: the new configuration names no backend")
	}
	if _, err := old.source.current(); errors.Is(err, fs.ErrNotExist) {
		return nil // the next Open creates the key where it is wanted
	}
	// Both keyrings may ask the user, who must not hold a lock meanwhile.
	key, err := old.source.LoadKey(ctx)
	clear(key)
	if err != nil {
		return err
	}
	name, err := next.source.firstUsable(ctx)
	if err != nil {
		return err
	}
	if find(next.source.cfg.hooks.kinds, name).encrypted {
		if _, err := next.source.ask(ctx, newPrompt(to.Service)); err != nil {
			return err
		}
	}
	return old.sealed.ChangeKey(ctx, func(ctx context.Context) error { return next.source.take(ctx, old.source, name) })
}

// take stores the key of old in the backend called name. It runs under the
// exclusive lock of the service.
func (s *source) take(ctx context.Context, old *source, name string) error {
	before, err := old.current()
	if err != nil {
		return hideNotExist(err)
	}
	key, err := old.LoadKey(ctx)
	if err != nil {
		return hideNotExist(err)
	}
	defer clear(key)
	m := &manifest{Service: s.cfg.Service, Backend: name, Item: newItem(s.cfg.Service), KeyID: keyID(key)}
	b, err := s.newBackendOf(ctx, m)
	if err != nil {
		return err
	}
	if err := b.store(ctx, m, key); err != nil {
		_ = b.remove(ctx, m.Item)
		return err
	}
	m.Ready = true
	if err := m.write(s.cfg); err != nil {
		_ = b.remove(ctx, m.Item)
		return err
	}
	if err := old.lastBackend(before.Backend).remove(ctx, before.Item); err != nil {
		return fmt.Errorf("keyring: the key is in %s now, but its old entry %s could not be removed: %w", b.kind.title, before.Item, err)
	}
	return nil
}
