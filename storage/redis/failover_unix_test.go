//go:build unix

package redis_test

import (
	"context"
	"net"
	"testing"
	"time"

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
