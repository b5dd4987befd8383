//go:build unix

package redis_test

import (
	"context"
	"slices"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/storage/redis"
)

func TestKeys(t *testing.T) {
	c := client(t, server(t))
	s := open(t, redis.Config{Client: c, Prefix: "keys*"})
	other := open(t, redis.Config{Client: c, Prefix: "keys of others"})
	put := func(s *redis.Store, key string, value []byte) {
		t.Helper()
		err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return value, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"", "a", "b:c"}
	for _, key := range append(want, "deleted") {
		put(s, key, []byte("value"))
	}
	put(s, "deleted", nil)
	put(other, "foreign", []byte("value"))
	var got []string
	for key, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, key)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("Keys = %q; want %q", got, want)
	}
	for range s.Keys(t.Context()) {
		break // a caller who has seen enough
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.Keys(ctx) {
		if err == nil {
			t.Error("a canceled context is not an error")
		}
	}
}

// A hash without a value does not stay for ever.
func TestNothingStaysOfAbsentValues(t *testing.T) {
	c := client(t, server(t))
	s := open(t, redis.Config{Client: c, Prefix: "absent"})
	update := func(value []byte) {
		t.Helper()
		err := s.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) { return value, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, step := range map[string]struct {
		value   []byte
		expires bool
	}{"written": {[]byte("value"), false}, "deleted": {nil, true}} {
		update([]byte("before"))
		update(step.value)
		left, err := c.PTTL(t.Context(), "absent:key").Result()
		if err != nil || (left > 0) != step.expires {
			t.Errorf("%s: the hash expires in %v, %v; want it to: %t", name, left, err, step.expires)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if _, err := redis.New(redis.Config{Replicas: -1}); err == nil {
		t.Error("New without a client = nil")
	}
	c := goredis.NewClient(&goredis.Options{})
	defer func() { _ = c.Close() }()
	ring := goredis.NewRing(&goredis.RingOptions{})
	defer func() { _ = ring.Close() }()
	if _, err := redis.New(redis.Config{Client: ring}); err == nil {
		t.Error("New with a Ring = nil")
	}
	if _, err := redis.New(redis.Config{Client: c, TTL: 1}); err == nil {
		t.Error("New with a lease of 1 ns = nil")
	}
}

// TestConfig_zeroValue: what is required is missing.
func TestConfig_zeroValue(t *testing.T) {
	t.Parallel()
	if _, err := redis.New(redis.Config{}); err == nil {
		t.Error("New with the zero Config = nil")
	}
}
