//go:build unix

package redis_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/internal/storetest"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/redis"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// ttl is short, so that a killed holder does not make the tests long.
const ttl = 2 * time.Second

// opTimeout bounds how long a connection that has fallen silent is waited for.
const opTimeout = 3 * time.Second

// envAddr has the server's address in the processes that package storagetest
// starts.
const envAddr = "CHATELAINE_REDIS_ADDR"

// server starts a Redis server, unless the parent process has.
func server(t *testing.T) (addr string) {
	t.Helper()
	if addr := os.Getenv(envAddr); addr != "" {
		return addr
	}
	addr = testserver.Redis(t).Addr
	t.Setenv(envAddr, addr)
	return addr
}

// prefixFor returns the prefix that stands for a directory of package
// storagetest.
func prefixFor(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return "chatelaine[" + hex.EncodeToString(sum[:8]) + "]"
}

func client(t *testing.T, addr string) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{Addr: addr, PoolSize: 10, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func open(t *testing.T, c redis.Config) *redis.Store {
	t.Helper()
	c.TTL, c.OpTimeout = ttl, cmp.Or(c.OpTimeout, opTimeout)
	s, err := redis.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	storetest.Close(t, s)
	return s
}

func TestConformance(t *testing.T) {
	addr := server(t)
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return open(t, redis.Config{Client: client(t, addr), Prefix: prefixFor(dir)})
	})
}

func TestSealedConformance(t *testing.T) {
	addr := server(t)
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		s, err := storage.Seal(open(t, redis.Config{Client: client(t, addr), Prefix: prefixFor(dir)}), storage.SealConfig{
			Service: "redistest", Keys: storage.StaticKeys(bytes.Repeat([]byte{'k'}, storage.KeySize)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestFleet(t *testing.T) {
	addr := server(t)
	testFleet(t, addr, 0, nil)
}

// TestFleet_replica runs with a replica that confirms each write, and ends the
// master.
func TestFleet_replica(t *testing.T) {
	if addr := os.Getenv(envAddr); addr != "" {
		testFleet(t, addr, 1, nil)
		return
	}
	master := testserver.Redis(t)
	replica := master.Replica(t)
	replica.Replica(t) // confirms once its master is promoted; started then, it would outlast a lease
	t.Setenv(envAddr, master.Addr)
	testFleet(t, master.Addr, 1, func(t *testing.T) string {
		t.Helper()
		master.Kill()
		replica.Promote(t)
		return replica.Addr
	})
}

func testFleet(t *testing.T, addr string, replicas int, failover func(*testing.T) string) {
	t.Helper()
	storagetest.RunFleet(t, storagetest.Fleet{
		Addr: addr, TTL: ttl, Wake: 100 * time.Millisecond, Failover: failover, Limits: storagetest.Limits{Patience: 5 * opTimeout},
		Open: func(t *testing.T, addr, space string) storage.Store {
			t.Helper()
			return open(t, redis.Config{Client: client(t, addr), Prefix: prefixFor(space), Replicas: replicas})
		},
		Wipe: func(t *testing.T, _ string) {
			t.Helper()
			if err := client(t, addr).FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		},
	})
}
