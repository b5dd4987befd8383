package main

import (
	"strings"
	"testing"
)

// TestRedisOptions: what a URL says about the server is used, and what the store needs is set.
func TestRedisOptions(t *testing.T) {
	for address, want := range map[string]struct {
		addr, user, password string
		db, pool             int
		tls                  bool
	}{
		"redis://127.0.0.1:6379": {addr: "127.0.0.1:6379", pool: connections},
		"redis://redis.test":     {addr: "redis.test:6379", pool: connections},
		"redis://u:p%40@redis.test:6380/3": {
			addr: "redis.test:6380", user: "u", password: "p@", db: 3, pool: connections,
		},
		"rediss://:p@redis.test/1?pool_size=3": {addr: "redis.test:6379", password: "p", db: 1, pool: 3, tls: true},
	} {
		o, err := redisOptions(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if o.Addr != want.addr || o.Username != want.user || o.Password != want.password || o.DB != want.db ||
			o.PoolSize != want.pool || (o.TLSConfig != nil) != want.tls || !o.ContextTimeoutEnabled {
			t.Errorf("%s: %+v, want %+v", address, o, want)
		}
	}
}

// TestOpen_wrongURL: the error does not quote the URL, which may have a password.
func TestOpen_wrongURL(t *testing.T) {
	for _, address := range []string{
		"redis://u:secret@redis.test/one", "redis://u:secret@redis.test:port", "rediss://u:sec%ret@redis.test",
		"redis://u:secret@redis.test/0?such=option", "mysql://u:secret@db.test/",
	} {
		if s, err := open(t.Context(), address, 0); err == nil || s != nil || strings.Contains(err.Error(), "sec") {
			t.Errorf("%s: %v, %v", address, s, err)
		}
	}
}

// TestParse_redis: a URL stays what it is, and a host and port become one.
func TestParse_redis(t *testing.T) {
	for argument, want := range map[string]string{
		"127.0.0.1:6379":          "redis://127.0.0.1:6379",
		"redis://127.0.0.1:6379":  "redis://127.0.0.1:6379",
		"rediss://u:p@redis.test": "rediss://u:p@redis.test",
	} {
		if c, err := parse([]string{"-redis", argument}); err != nil || c.Store != want {
			t.Errorf("%s: %q, %v, want %q", argument, c.Store, err, want)
		}
	}
}
