package keyring

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"
)

// A backend is one backend of the library, opened anew for every call.
type backend struct {
	kind     kind
	cfg      Config
	calls    serialCaller
	password string // of the entries, if they are encrypted with the passphrase
}

func newBackend(name string, cfg Config) *backend {
	return &backend{kind: find(cfg.hooks.kinds, name), cfg: cfg, calls: newSerialCaller()}
}

// get returns the bytes stored under item; errAbsent if the backend says that
// there are none.
func (b *backend) get(ctx context.Context, item string) ([]byte, error) {
	return b.run(ctx, "read", func(r ring) ([]byte, error) { return r.get(item) })
}

// set stores data under item.
func (b *backend) set(ctx context.Context, item string, data []byte) error {
	_, err := b.run(ctx, "write", func(r ring) ([]byte, error) { return nil, r.set(item, data) })
	return err
}

// remove removes item. That there is none is not an error, which each backend
// reports in its own way.
func (b *backend) remove(ctx context.Context, item string) error {
	_, err := b.run(ctx, "remove", func(r ring) ([]byte, error) {
		err := r.remove(item)
		if isAbsent(err) || errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	})
	return err
}

// run opens the backend and calls fn, within the time limit.
func (b *backend) run(ctx context.Context, op string, fn func(ring) ([]byte, error)) ([]byte, error) {
	if err := b.kind.missing(b.cfg.hooks.library); err != nil {
		return nil, err
	}
	s := settings{backend: b.kind.name, service: b.cfg.Service, dir: b.fileDir(), password: b.password}
	limit := b.kind.limit
	if b.kind.prepare != nil {
		var err error
		if limit, err = b.kind.prepare(ctx, b, &s); err != nil {
			return nil, b.kind.failed(op, err)
		}
	}
	data, err := callWithTimeout(ctx, b.calls, b.limit(limit), func() ([]byte, error) {
		r, err := b.cfg.hooks.library.open(s)
		if err != nil {
			return nil, err
		}
		if b.kind.wrap != nil {
			r = b.kind.wrap(b, r)
		}
		return fn(r)
	})
	if err != nil {
		return nil, b.kind.failed(op, err)
	}
	return data, nil
}

func (b *backend) limit(limit time.Duration) time.Duration {
	if b.cfg.Timeout > 0 {
		return b.cfg.Timeout
	}
	return limit
}

// fileDir is where the file backend keeps its entries. It takes every file there
// for one, so nothing else may be there.
func (b *backend) fileDir() string { return filepath.Join(b.cfg.Dir, "keys") }
