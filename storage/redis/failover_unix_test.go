//go:build unix

package redis_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage/redis"
)

// With Config.Replicas, what Update has stored survives the master, and no
// callback runs under a lease that a failover would forget.
func TestFailover(t *testing.T) {
	t.Parallel()
	master := testserver.Redis(t)
	host, port, err := net.SplitHostPort(master.Addr)
	if err != nil {
		t.Fatal(err)
	}
	replica := testserver.Redis(t, "--replicaof", host+" "+port)
	s := open(t, redis.Config{Client: client(t, master.Addr), Replicas: 1, OpTimeout: 2 * time.Second})
	store := func(value string) error {
		return s.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) { return []byte(value), nil })
	}
	for err = store("first"); err != nil && t.Context().Err() == nil; err = store("first") { // until the replica has connected
		t.Log(err)
	}
	if err := store("stored"); err != nil {
		t.Fatal(err)
	}
	promoted := client(t, replica.Addr)
	checkReplica := func() {
		t.Helper()
		if err := promoted.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
			t.Fatal(err)
		}
		got, err := open(t, redis.Config{Client: promoted}).Load(t.Context(), "key")
		if string(got) != "stored" || err != nil {
			t.Errorf("after the failover Load = %q, %v", got, err)
		}
	}
	checkReplica()
	// The old master has no replica left.
	err = s.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) {
		t.Error("the callback ran under a lease that no replica has")
		return nil, nil
	})
	if err == nil {
		t.Error("Update without a replica = nil")
	}
	master.Kill()
	checkReplica()
}

// A current is a client whose connections go to whichever server is the master now.
type current struct{ addr atomic.Pointer[string] }

func (m *current) client(t *testing.T) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{
		Addr: "master:6379", PoolSize: 10, ContextTimeoutEnabled: true,
		Dialer: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, *m.addr.Load())
		},
	})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestFailover_provider: two machines share a session of a provider that accepts no token twice.
// The master dies while the one refreshes, after the provider has rotated. The token is saved at the
// new master, and nothing that is spent is spent again.
func TestFailover_provider(t *testing.T) {
	t.Parallel()
	provider := authtest.NewServer(authtest.Config{})
	t.Cleanup(provider.Close)
	old := testserver.Redis(t)
	host, port, err := net.SplitHostPort(old.Addr)
	if err != nil {
		t.Fatal(err)
	}
	next, further := testserver.Redis(t, "--replicaof", host+" "+port), testserver.Redis(t, "--replicaof", host+" "+port)
	for _, replica := range []*testserver.Server{next, further} {
		r := client(t, replica.Addr)
		for !strings.Contains(r.Info(t.Context(), "replication").Val(), "master_link_status:up") && t.Context().Err() == nil {
			continue
		}
	}
	var m current
	m.addr.Store(&old.Addr)
	// Both replicas have what counts, so that either may become the master.
	machine := func(account string) *auth.Interceptor {
		s, err := redis.New(redis.Config{Client: m.client(t), Replicas: 2, OpTimeout: 2 * time.Second, SaveTimeout: time.Minute, TTL: time.Minute})
		if err == nil {
			err = s.Provision(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		a, err := auth.New(auth.Config{
			BaseURL: provider.URL, Store: s, Account: account, AccountIsUser: true, RefreshTimeout: time.Minute,
			Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := errors.Join(a.Close(context.WithoutCancel(t.Context())), s.Close(context.WithoutCancel(t.Context()))); err != nil {
				t.Error(err)
			}
		})
		return a
	}
	one, two := machine("user"), machine("user")
	pair := provider.Issue(authtest.DefaultUser)
	if err := one.Login(t.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := provider.Stats().Refreshes
	release := provider.HoldRefresh()
	refreshed := make(chan error, 1)
	go func() { _, err := two.Refresh(t.Context()); refreshed <- err }()
	if err := provider.Wait(t.Context(), func(s authtest.Stats) bool { return s.Refreshes > before }); err != nil {
		t.Fatal(err)
	}
	old.Kill()
	release() // the new token arrives, and there is no master to save it at
	promoted := client(t, next.Addr)
	if err := promoted.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	nextHost, nextPort, err := net.SplitHostPort(next.Addr)
	if err != nil {
		t.Fatal(err)
	}
	testserver.Redis(t, "--replicaof", nextHost+" "+nextPort) // two replicas again
	if err := client(t, further.Addr).Do(t.Context(), "REPLICAOF", nextHost, nextPort).Err(); err != nil {
		t.Fatal(err)
	}
	m.addr.Store(&next.Addr)
	if err := <-refreshed; err != nil {
		t.Errorf("Refresh during the failover = %v", err)
	}
	for range 3 { // until each machine has had its turn
		for _, a := range []*auth.Interceptor{two, one} {
			if _, err := a.Refresh(t.Context()); err != nil {
				t.Errorf("Refresh after the failover = %v", err)
			}
		}
	}
	provider.AssertNoReuse(t)
	provider.AssertSessions(t, 1)
}
