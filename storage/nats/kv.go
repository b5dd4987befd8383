package nats

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// A kv is a [lease.KV] of a bucket. The revision of an entry is its tag.
type kv struct {
	bucket  jetstream.KeyValue
	checked atomic.Bool // that its reads are fresh
}

var (
	_ lease.KV     = (*kv)(nil)
	_ lease.Marker = (*kv)(nil)
)

const (
	// Names have few characters, and a part of one is never empty: the key is in
	// base64url, after a letter.
	entryPrefix = "entry.k"
	markerName  = "epoch"
)

func nameOf(key string) string {
	return entryPrefix + base64.RawURLEncoding.EncodeToString([]byte(key))
}

// Get implements [lease.KV].
func (k *kv) Get(ctx context.Context, key string) (entry []byte, tag string, err error) {
	e, err := k.bucket.Get(ctx, nameOf(key))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return nil, "", nil
	case err != nil:
		return nil, "", failed(err)
	default:
		return e.Value(), strconv.FormatUint(e.Revision(), 10), nil
	}
}

// Put implements [lease.KV].
func (k *kv) Put(ctx context.Context, key string, entry []byte, tag string) error {
	var err error
	if tag == "" {
		_, err = k.bucket.Create(ctx, nameOf(key), entry)
	} else {
		var revision uint64
		if revision, err = strconv.ParseUint(tag, 10, 64); err != nil {
			return fmt.Errorf("nats: tag %q: %w", tag, err)
		}
		_, err = k.bucket.Update(ctx, nameOf(key), entry, revision)
	}
	if isConflict(err) {
		return fmt.Errorf("%w: %w", lease.ErrConflict, err)
	}
	return failed(err)
}

// isConflict reports whether the server refused a write because of the
// revision.
func isConflict(err error) bool {
	var api jetstream.JetStreamError
	return errors.Is(err, jetstream.ErrKeyExists) ||
		(errors.As(err, &api) && api.APIError() != nil && api.APIError().ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence)
}

// Marker implements [lease.Marker]. It is the first call of a store, so it checks
// the bucket, too.
func (k *kv) Marker(ctx context.Context) (string, error) {
	if !k.checked.Load() {
		if err := checkReads(ctx, k.bucket); err != nil {
			return "", err
		}
		k.checked.Store(true)
	}
	e, err := k.bucket.Get(ctx, markerName)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return "", nil
	}
	if err != nil {
		return "", failed(err)
	}
	return string(e.Value()), nil
}

func failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("nats: %w", err)
}
