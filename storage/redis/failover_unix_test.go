//go:build unix

package redis_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/internal/netfault"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage/redis"
)

// With Config.Replicas, what Update has stored survives the master, and no
// callback runs under a lease that a failover would forget.
func TestFailover(t *testing.T) {
	t.Parallel()
	master := testserver.Redis(t)
	replica := master.Replica(t)
	s := open(t, redis.Config{Client: client(t, master.Addr), Replicas: 1, OpTimeout: 2 * time.Second})
	store := func(value string) error {
		return s.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) { return []byte(value), nil })
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
	err := s.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) {
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

// A deployment is a master with replicas that fails over.
type deployment struct {
	replicas int  // servers
	confirm  int  // Config.Replicas
	lags     bool // the last replica gets nothing of the refresh
}

// TestFailover_provider: two machines share a session of a provider that accepts no token twice.
// The master dies while the one refreshes, after the provider has rotated. The token is saved at the
// new master, and nothing that is spent is spent again.
func TestFailover_provider(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]deployment{
		"one replica":                     {1, 1, false},
		"two replicas that both confirm":  {2, 2, false},
		"two replicas, one of which lags": {2, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.run(t)
		})
	}
}

// servers are those of a deployment.
type servers struct {
	master   *testserver.Server
	replicas []*testserver.Server
	last     *netfault.Proxy // before the last replica
	current
}

func (d deployment) start(t *testing.T) *servers {
	t.Helper()
	s := &servers{master: testserver.Redis(t)}
	s.last = netfault.New(t, s.master.Addr)
	for i := range d.replicas {
		master := s.master.Addr
		if i == d.replicas-1 {
			master = s.last.Addr()
		}
		s.replicas = append(s.replicas, (&testserver.Server{Addr: master}).Replica(t))
	}
	s.addr.Store(&s.master.Addr)
	return s
}

// failOver promotes the replica that has the most, after the master has died, and
// starts another replica in its place.
func (s *servers) failOver(t *testing.T) {
	t.Helper()
	next := furthest(t, s.replicas)
	next.Promote(t)
	for _, r := range s.replicas {
		if r != next {
			r.Follow(t, next)
		}
	}
	next.Replica(t)
	s.addr.Store(&next.Addr)
}

func (d deployment) run(t *testing.T) {
	t.Helper()
	provider := authtest.NewServer(authtest.Config{})
	t.Cleanup(provider.Close)
	s := d.start(t)
	one, two := d.machine(t, s, provider), d.machine(t, s, provider)
	pair := provider.Issue(authtest.DefaultUser)
	if err := one.Login(t.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	if d.lags {
		s.last.Mute()
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
	s.master.Kill()
	release() // the new token arrives, and there is no master to save it at
	s.failOver(t)
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

// TestFailover_restart: after the failover a machine starts that has nothing but what the new master
// has. Config.Replicas of 1 lets one replica lag; the failover must not choose that one.
func TestFailover_restart(t *testing.T) {
	t.Parallel()
	d := deployment{replicas: 2, confirm: 1, lags: true}
	provider := authtest.NewServer(authtest.Config{})
	t.Cleanup(provider.Close)
	s := d.start(t)
	one := d.machine(t, s, provider)
	pair := provider.Issue(authtest.DefaultUser)
	if err := one.Login(t.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	s.last.Mute()
	if _, err := one.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.master.Kill()
	s.failOver(t)
	if _, err := d.machine(t, s, provider).Refresh(t.Context()); err != nil {
		t.Errorf("Refresh of a new machine = %v", err)
	}
	provider.AssertNoReuse(t)
	provider.AssertSessions(t, 1)
}

// furthest is the replica that a sentinel promotes: the one that has received the
// most.
func furthest(t *testing.T, replicas []*testserver.Server) (chosen *testserver.Server) {
	t.Helper()
	most := -1
	for _, r := range replicas {
		info := client(t, r.Addr).InfoMap(t.Context(), "replication")
		offset, err := strconv.Atoi(info.Item("Replication", "slave_repl_offset"))
		if err != nil {
			t.Fatal(err)
		}
		if offset > most {
			chosen, most = r, offset
		}
	}
	return chosen
}

// machine is a program on a machine of its own.
func (d deployment) machine(t *testing.T, servers *servers, provider *authtest.Server) *auth.Interceptor {
	t.Helper()
	s, err := redis.New(redis.Config{
		Client: servers.client(t), Replicas: d.confirm, OpTimeout: 2 * time.Second, SaveTimeout: time.Minute, TTL: time.Minute,
	})
	if err == nil {
		err = s.Provision(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := auth.New(auth.Config{
		BaseURL: provider.URL, Store: s, Account: "user", AccountIsUser: true, RefreshTimeout: time.Minute,
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
