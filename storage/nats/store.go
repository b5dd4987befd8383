package nats

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// Config configures [New]. Bucket is required.
type Config struct {
	// Bucket keeps the entries; [OpenBucket] opens it. The store never closes its
	// connection.
	Bucket jetstream.KeyValue

	// TTL, OpTimeout and SaveTimeout are those of [lease.Config].
	TTL         time.Duration
	OpTimeout   time.Duration
	SaveTimeout time.Duration
	// MaxValue is the largest value in bytes. Default 1 MiB less 1 KiB, which
	// fits the default max_payload of a server.
	MaxValue int
}

const defaultMaxValue = 1<<20 - 1<<10

// Store is a [storage.Store] in a bucket. Use [New]; the zero value is not
// usable. Load, Update, Close and Stats are those of [lease.Store].
type Store struct {
	*lease.Store
	bucket  jetstream.KeyValue
	backend *lease.CASBackend
}

var (
	_ storage.Store  = (*Store)(nil)
	_ storage.Lister = (*Store)(nil)
)

// New checks the configuration and returns the store, or one error that names
// every problem. It does not call the server.
func New(c Config) (*Store, error) {
	if c.Bucket == nil {
		return nil, errors.New("nats: Config.Bucket is nil")
	}
	if c.MaxValue == 0 {
		c.MaxValue = defaultMaxValue
	}
	backend := watcher{CASBackend: lease.CAS(&kv{bucket: c.Bucket}), bucket: c.Bucket}
	s, err := lease.New(lease.Config{
		Backend: backend,
		TTL:     c.TTL, OpTimeout: c.OpTimeout, SaveTimeout: c.SaveTimeout, MaxValue: c.MaxValue,
	})
	if err != nil {
		return nil, err
	}
	return &Store{Store: s, bucket: c.Bucket, backend: backend.CASBackend}, nil
}

// Provision writes the marker by which an empty bucket is told from one that
// lost its data, unless it is there. Any number of programs may do so. If the
// data was lost, Provision makes the bucket usable again; programs that run
// meanwhile go on to return [storage.ErrDataLost] for what they cannot find,
// until they are restarted.
func (s *Store) Provision(ctx context.Context) error {
	if err := checkReads(ctx, s.bucket); err != nil {
		return err
	}
	_, err := s.bucket.Create(ctx, markerName, []byte(rand.Text()))
	if err != nil && isConflict(err) {
		return nil // it is there
	}
	return failed(err)
}

// Namespace returns the name of the bucket, to which [storage.Seal] binds
// values.
func (s *Store) Namespace() string { return s.bucket.Bucket() }

// Keys implements [storage.Lister]. It reads each entry, since a deleted value
// leaves one behind.
func (s *Store) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		names, err := s.bucket.ListKeysFiltered(ctx, "entry.*")
		if err != nil {
			yield("", failed(err))
			return
		}
		defer func() { _ = names.Stop() }()
		for name := range names.Keys() {
			key, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(name, entryPrefix))
			if err != nil {
				err = fmt.Errorf("nats: entry %q is not of this package: %w", name, err)
			} else {
				var value []byte
				if value, err = s.backend.Load(ctx, string(key)); err == nil && value == nil {
					continue
				}
			}
			if err != nil {
				key = nil
			}
			if !yield(string(key), err) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield("", failed(err))
		}
	}
}
