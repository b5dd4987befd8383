//go:build unix

package linear_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/nats"
)

const natsServers = 3

// startNATS starts servers that each have every entry, in this process. A failover
// ends the one that the stores use.
func startNATS(t *testing.T) server {
	t.Helper()
	var ports []int
	var routes []string
	for range natsServers {
		addr, port := testserver.FreePort(t)
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		ports, routes = append(ports, n), append(routes, "nats://"+addr)
	}
	var addrs []string
	var first *natsserver.Server
	for i, port := range ports {
		s, err := natsserver.NewServer(&natsserver.Options{
			ServerName: fmt.Sprint("server", i), Routes: natsserver.RoutesFromStr(strings.Join(routes, ",")),
			Cluster: natsserver.ClusterOpts{Name: "linear", Host: "127.0.0.1", Port: port},
			Host:    "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, testserver.Run(t, s))
		if i == 0 {
			first = s
		}
	}
	provision(t, addrs[0])
	return server{addrs[0], func(*testing.T) string {
		first.Shutdown()
		return addrs[1]
	}}
}

// provision sets the bucket up as soon as the servers have a leader.
func provision(t *testing.T, addr string) {
	t.Helper()
	for {
		s, err := newNATS(t.Context(), addr)
		if err == nil {
			if err = s.Provision(t.Context()); err == nil {
				return
			}
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

func newNATS(ctx context.Context, addr string) (s *nats.Store, err error) {
	conn, err := natsgo.Connect("nats://"+addr, natsgo.MaxReconnects(-1), natsgo.ReconnectWait(20*time.Millisecond),
		natsgo.RetryOnFailedConnect(true), natsgo.PingInterval(200*time.Millisecond), natsgo.MaxPingsOutstanding(2),
		natsgo.Timeout(opTimeout), natsgo.IgnoreDiscoveredServers())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			conn.Close()
		}
	}()
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	bucket, err := nats.OpenBucket(ctx, js, jetstream.KeyValueConfig{Bucket: "linear", Replicas: natsServers})
	if err != nil {
		return nil, err
	}
	return nats.New(nats.Config{Bucket: bucket, TTL: ttl, OpTimeout: opTimeout})
}

func openNATS(ctx context.Context, addr string) (storage.Store, error) { return newNATS(ctx, addr) }
