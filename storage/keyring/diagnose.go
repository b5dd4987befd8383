package keyring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/privatedir"
)

// A Report is about one backend.
type Report struct {
	Backend  string // in the words of Config.Backend
	Usable   bool   // a test entry could be written, read and removed
	Selected bool   // it is the one that Open would use
	Holds    bool   // it holds the encryption key of the store
	Err      error  // why it is not usable; nil if it is
	Fix      string // what can be done about it; empty if there is nothing to do
}

// Diagnose tries every backend and reports which ones work here, why the others
// do not, and what to do about it; native ones come first. It takes no longer
// than cfg.Timeout (zero: 5 s) and asks the user nothing by itself; a backend's
// own dialog may show up until then. It leaves nothing behind but the directory
// and a lock file. The file backend is tried with a passphrase of its own.
func Diagnose(ctx context.Context, cfg Config) []Report {
	cfg, cfgErr := cfg.complete()
	if cfg.Timeout <= 0 {
		cfg.Timeout = timeoutShort
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	dirErr := cfgErr
	if dirErr == nil {
		dirErr = tryDir(ctx, cfg)
	}
	table := cfg.withHooks().hooks.kinds
	reports := make([]Report, len(table))
	var wg sync.WaitGroup
	for i, name := range names(table) {
		wg.Go(func() { reports[i] = diagnose(ctx, newBackend(name, cfg.withHooks()), dirErr) })
	}
	wg.Wait()
	return reports
}

func diagnose(ctx context.Context, b *backend, dirErr error) Report {
	m, manifestErr := readManifest(b.cfg)
	holds := manifestErr == nil && m.Ready && m.Backend == b.kind.name
	r := Report{Backend: b.kind.name, Holds: holds, Selected: selected(b.cfg, m) == b.kind.name}
	r.Err = b.kind.missing(b.cfg.hooks.library)
	if r.Err == nil {
		r.Err = dirErr
	}
	if r.Err == nil && b.kind.try != nil {
		r.Err = b.kind.try(ctx, b)
	} else if r.Err == nil {
		r.Err = b.probe(ctx)
	}
	switch {
	case r.Err != nil || !r.Selected:
	case manifestErr != nil && !errors.Is(manifestErr, errNoManifest):
		r.Err = manifestErr
	case holds:
		r.Err = b.tryKey(ctx, m)
	case manifestErr == nil && m.Ready:
		r.Err = otherBackend(b.kind, find(b.cfg.hooks.kinds, m.Backend))
	}
	r.Usable = r.Err == nil
	if !r.Usable {
		r.Fix = fix(r.Err, dirErr)
	}
	return r
}

// selected returns the backend that Open would use, or that it would complain
// about. The manifest is nil if it cannot be read.
func selected(cfg Config, m *manifest) string {
	wanted := cfg.wanted()
	if m != nil && m.Ready && (cfg.Backend == "" && len(cfg.Backends) == 0 || slices.Contains(wanted, m.Backend)) {
		return m.Backend
	}
	if len(wanted) == 0 {
		return ""
	}
	return wanted[0]
}

// tryDir proves that the directory can be made, locked and written.
func tryDir(ctx context.Context, cfg Config) error {
	if _, err := privatedir.Ensure(cfg.Dir); err != nil {
		return fmt.Errorf("keyring: %w", hideNotExist(err))
	}
	lock, err := lockfile.Shared(ctx, filepath.Join(cfg.Dir, cfg.Service+".lock"))
	if err == nil {
		lock.Unlock()
	} else if !errors.Is(err, lockfile.ErrBusy) {
		return fmt.Errorf("keyring: %w", hideNotExist(err))
	}
	temp, err := os.MkdirTemp(cfg.Dir, "test-")
	if err != nil {
		return fmt.Errorf("keyring: %w", hideNotExist(err))
	}
	return os.Remove(temp)
}

// tryKey looks for the encryption key, if no passphrase is needed to see it.
func (b *backend) tryKey(ctx context.Context, m *manifest) error {
	err := b.lookFor(ctx, m)
	if isAbsent(err) {
		return fmt.Errorf("%w: %s works, but no longer has the entry %s", storage.ErrKeyMissing, b.kind.name, m.Item)
	}
	return err
}

func (b *backend) lookFor(ctx context.Context, m *manifest) error {
	if b.kind.look != nil {
		return b.kind.look(b, m.Item)
	}
	key, err := b.get(ctx, m.Item)
	if err != nil {
		return err
	}
	defer clear(key)
	return m.verify(key)
}

// fix returns what can be done about an error of Diagnose.
func fix(err, dirErr error) string {
	var known *Error
	switch {
	case errors.Is(err, privatedir.ErrUntrusted):
		return "keep other users out of the directory named, or choose one below your own home"
	case dirErr != nil && errors.Is(err, dirErr):
		return "choose a directory of your own that can be written"
	case errors.As(err, &known):
		return known.Fix
	case errors.Is(err, storage.ErrKeyMissing), errors.Is(err, storage.ErrCorrupt):
		return "restore the entry from a backup of the keyring, or purge the store and sign in again"
	case errors.Is(err, ErrNoPassphrase):
		return "give a passphrase: a prompt, a file with mode 0600, or a file descriptor"
	default:
		return "check that the directory is writable and has space"
	}
}
