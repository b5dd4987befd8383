//go:build unix

package redis_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/redis"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// startCluster starts two masters with a replica each, and returns the address of a
// master and the servers, replicas last.
func startCluster(t *testing.T) (addr string, servers []*testserver.Server) {
	t.Helper()
	const masters, slots = 2, 16384
	node := func() *testserver.Server {
		_, bus := testserver.FreePort(t) // otherwise 10,000 above the other
		return testserver.Redis(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "5000")
	}
	do := func(s *testserver.Server, command ...any) string {
		t.Helper()
		reply, err := client(t, s.Addr).Do(t.Context(), command...).Text()
		if err != nil {
			t.Fatalf("%v: %v", command, err)
		}
		return reply
	}
	for range 2 * masters {
		servers = append(servers, node())
	}
	for i, s := range servers[:masters] {
		do(s, "CLUSTER", "ADDSLOTSRANGE", i*slots/masters, (i+1)*slots/masters-1)
		do(s, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
	}
	for _, s := range servers[1:] {
		host, port, err := net.SplitHostPort(s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		do(servers[0], "CLUSTER", "MEET", host, port, busOf(t, s))
	}
	for _, s := range servers { // until each knows the others
		for strings.Count(do(s, "CLUSTER", "NODES"), "connected") < len(servers) {
			if t.Context().Err() != nil {
				t.Fatal("the nodes do not meet")
			}
		}
	}
	for i, s := range servers[masters:] {
		id := do(servers[i], "CLUSTER", "MYID")
		for client(t, s.Addr).Do(t.Context(), "CLUSTER", "REPLICATE", id).Err() != nil { // it does not know it yet
			if t.Context().Err() != nil {
				t.Fatal("the replica does not find its master")
			}
		}
		s.AwaitLink(t)
	}
	for _, s := range servers {
		for !strings.Contains(do(s, "CLUSTER", "INFO"), "cluster_state:ok") {
			if t.Context().Err() != nil {
				t.Fatal("the cluster does not come up")
			}
		}
	}
	return servers[0].Addr, servers
}

func busOf(t *testing.T, s *testserver.Server) string {
	t.Helper()
	settings, err := client(t, s.Addr).ConfigGet(t.Context(), "cluster-port").Result()
	if err != nil {
		t.Fatal(err)
	}
	return settings["cluster-port"]
}

func clusterClient(t *testing.T, addr string) *goredis.ClusterClient {
	t.Helper()
	c := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: []string{addr}, PoolSize: 10, ContextTimeoutEnabled: true})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestCluster: each key is written at its master, and confirmed by the replica of that
// one.
func TestCluster(t *testing.T) {
	addr := os.Getenv(envAddr) // of the parent process
	var servers []*testserver.Server
	if addr == "" {
		addr, servers = startCluster(t)
		t.Setenv(envAddr, addr)
	}
	openCluster := func(t *testing.T, prefix string) *redis.Store {
		t.Helper()
		return open(t, redis.Config{Client: clusterClient(t, addr), Prefix: prefix, Replicas: 1})
	}
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return openCluster(t, prefixFor(dir))
	})
	if servers == nil {
		return
	}
	s := openCluster(t, "cluster")
	update := func(key string) error {
		return s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return []byte("value"), nil })
	}
	var want []string
	for i := range 50 {
		want = append(want, fmt.Sprintf("key %02d", i))
		if err := update(want[i]); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for key, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, key)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("Keys = %q", got)
	}
	servers[2].Kill() // the replica of the first master
	s = open(t, redis.Config{Client: clusterClient(t, addr), Prefix: "cluster", Replicas: 1, OpTimeout: time.Second})
	var saved, refused int
	for _, key := range want[:8] {
		called := false
		err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
			called = true
			return []byte("new value"), nil
		})
		switch {
		case err == nil:
			saved++
		case called:
			t.Errorf("%s: the callback ran under a lease that no replica has: %v", key, err)
		default:
			refused++
		}
	}
	if saved == 0 || refused == 0 {
		t.Errorf("without the replica of one master %d keys were saved and %d refused; want some of both", saved, refused)
	}
}
