package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// Store is a [storage.Store] in Redis. Use [New]; the zero value is not usable.
// Load, Update, Close and Stats are those of [lease.Store]; Close ends the
// store's subscription, and does not close the client.
type Store struct {
	*lease.Store
	backend *backend
}

var (
	_ storage.Store  = (*Store)(nil)
	_ storage.Lister = (*Store)(nil)
)

// New checks the configuration and returns the store, or one error that names
// every problem. It does not call the server.
func New(c Config) (*Store, error) {
	c, err := c.checked()
	if err != nil {
		return nil, err
	}
	b := &backend{client: c.Client, prefix: c.Prefix, replicas: c.Replicas, patience: c.OpTimeout * 3 / 4, scripts: newScripts()}
	s, err := lease.New(c.lease(b))
	if err != nil {
		return nil, err
	}
	return &Store{Store: s, backend: b}, nil
}

// Provision writes the marker by which an empty database is told from one that
// lost its data, unless it is there. Any number of programs may do so. If the
// data was lost, Provision makes the database usable again; programs that run
// meanwhile go on to return [storage.ErrDataLost] for what they cannot find,
// until they are restarted.
func (s *Store) Provision(ctx context.Context) error {
	return s.backend.writeMarker(ctx, rand.Text())
}

// Namespace returns the prefix, to which [storage.Seal] binds values.
func (s *Store) Namespace() string { return s.backend.prefix }

// Keys implements [storage.Lister]. It scans the database, all masters of a
// cluster one after the other, and remembers the keys it has seen, since a scan
// may repeat some.
func (s *Store) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		masters, err := s.backend.masters(ctx)
		if err != nil {
			yield("", failed(err))
			return
		}
		seen, stopped := make(map[string]struct{}), errors.New("stopped")
		for _, master := range masters {
			err := s.backend.scan(ctx, master, func(key string) error {
				if _, ok := seen[key]; ok {
					return nil
				}
				seen[key] = struct{}{}
				if !yield(key, nil) {
					return stopped
				}
				return nil
			})
			if errors.Is(err, stopped) {
				return
			}
			if err != nil {
				yield("", failed(err))
				return
			}
		}
	}
}

// scan calls each with the keys that have a value.
func (b *backend) scan(ctx context.Context, client goredis.Cmdable, each func(key string) error) error {
	literal := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)
	pattern := literal.Replace(b.hash("")) + "*"
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		names, next, err := client.Scan(ctx, cursor, pattern, 1000).Result()
		if err != nil {
			return err
		}
		cursor = next
		pipe := client.Pipeline()
		exists := make([]*goredis.BoolCmd, len(names))
		for i, name := range names {
			exists[i] = pipe.HExists(ctx, name, "v")
		}
		if _, err := pipe.Exec(ctx); err != nil && len(names) > 0 {
			return err
		}
		for i, name := range names {
			if !exists[i].Val() {
				continue
			}
			if err := each(strings.TrimPrefix(name, b.hash(""))); err != nil {
				return err
			}
		}
	}
	return nil
}
