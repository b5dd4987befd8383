package redis

import (
	"context"
	"fmt"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// A backend is a [lease.Backend] of the hashes under one prefix.
type backend struct {
	client   goredis.UniversalClient
	prefix   string
	replicas int
	patience time.Duration // with the replicas, of one operation
	epoch    lease.Epoch
	scripts  scripts
	messages messages
}

var (
	_ lease.Backend = (*backend)(nil)
	_ lease.Watcher = (*backend)(nil)
)

func (b *backend) hash(key string) string { return b.prefix + ":" + key }
func (b *backend) marker() string         { return b.prefix + "-epoch" }
func (b *backend) channel() string        { return b.prefix + "-free" }

// Load implements [lease.Backend].
func (b *backend) Load(ctx context.Context, key string) ([]byte, error) {
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	fields, err := b.client.HMGet(ctx, b.hash(key), "v", "n").Result()
	if err != nil {
		return nil, failed(err)
	}
	if len(fields) != 2 || fields[1] == nil { // never written
		return nil, b.readMarker(ctx)
	}
	return bytesOf(fields[0]), nil
}

// Acquire implements [lease.Backend].
func (b *backend) Acquire(ctx context.Context, key, owner string, ttl time.Duration) (lease.Grant, error) {
	if err := b.ready(ctx); err != nil {
		return lease.Grant{}, err
	}
	g := lease.Grant{Held: true, Fence: lease.NewFence()}
	reply, err := b.run(ctx, b.scripts.acquire, key, owner, g.Fence, ttl.Milliseconds())
	if err != nil {
		return lease.Grant{}, err
	}
	fields, ok := reply.([]any)
	if !ok || len(fields) < 2 {
		return lease.Grant{}, fmt.Errorf("redis: the script returned %T", reply)
	}
	if fields[0] != int64(1) {
		left, _ := fields[1].(int64)
		return lease.Grant{Left: time.Duration(left) * time.Millisecond}, nil
	}
	if len(fields) != 4 {
		return lease.Grant{}, fmt.Errorf("redis: the script returned %d fields", len(fields))
	}
	g.Value, g.Interrupted = bytesOf(fields[2]), fields[3] == "1"
	if version, _ := fields[1].(string); version != "" {
		g.Version, err = strconv.ParseInt(version, 10, 64)
		return g, err
	}
	if err := b.readMarker(ctx); err != nil {
		_, _ = b.Commit(ctx, key, g, lease.Change{}) // or the lease expires
		return lease.Grant{}, err
	}
	return g, nil
}

// Renew implements [lease.Backend].
func (b *backend) Renew(ctx context.Context, key string, g lease.Grant, ttl time.Duration) (held bool, err error) {
	reply, err := b.run(ctx, b.scripts.renew, key, g.Fence, ttl.Milliseconds())
	return reply == int64(1), err
}

// Commit implements [lease.Backend].
func (b *backend) Commit(ctx context.Context, key string, g lease.Grant, c lease.Change) (lease.Result, error) {
	if !c.Write {
		_, err := b.run(ctx, b.scripts.release, key, b.channel(), g.Fence)
		return lease.Saved, err
	}
	present := "1"
	if c.Value == nil {
		present = "0"
	}
	reply, err := b.run(ctx, b.scripts.commit, key, b.channel(), g.Fence, g.Version, present, c.Value)
	if err != nil {
		return 0, err
	}
	fields, ok := reply.([]any)
	if !ok || len(fields) == 0 {
		return 0, fmt.Errorf("redis: the script returned %T", reply)
	}
	switch fields[0] {
	case "saved":
		return lease.Saved, nil
	case "taken":
		return lease.Taken, nil
	}
	if len(fields) > 1 && fields[1] == "" { // the hash is gone
		if err := b.readMarker(ctx); err != nil {
			return 0, err
		}
	}
	return lease.Outdated, nil
}

// run runs a script on the hash of key.
func (b *backend) run(ctx context.Context, script *goredis.Script, key string, args ...any) (reply any, err error) {
	keys := []string{b.hash(key)}
	if b.replicas == 0 {
		reply, err = script.Run(ctx, b.client, keys, args...).Result()
		return reply, failed(err)
	}
	client, err := b.master(ctx, keys[0])
	if err != nil {
		return nil, failed(err)
	}
	pipe := client.Pipeline()
	result := script.Eval(ctx, pipe, keys, args...)
	err = b.exec(ctx, pipe)
	return result.Val(), err
}

func failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("redis: %w", err)
}

// bytesOf returns nil for no value.
func bytesOf(field any) []byte {
	s, ok := field.(string)
	if !ok {
		return nil
	}
	return append([]byte{}, s...)
}
