package nats_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/nats"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

func TestFleet(t *testing.T) {
	addr := serve(t)
	testFleet(t, addr, 1, nil)
}

// TestFleet_cluster runs on three servers that have each entry, and ends the one
// that the stores use.
func TestFleet_cluster(t *testing.T) {
	const servers = 3
	if addr := os.Getenv(envAddr); addr != "" { // of the parent process
		testFleet(t, addr, servers, nil)
		return
	}
	first, addrs := serveCluster(t, servers)
	t.Setenv(envAddr, addrs[0])
	testFleet(t, addrs[0], servers, func(t *testing.T) string {
		t.Helper()
		first.Shutdown()
		return addrs[1]
	})
}

// TestReadsOfReplicas: a bucket whose replicas answer reads is refused before anything is read, until
// it is opened as it should be.
func TestReadsOfReplicas(t *testing.T) {
	_, addrs := serveCluster(t, 3)
	js, config := connect(t, addrs[0], "replicas")
	config.Replicas = 3
	direct, err := js.CreateKeyValue(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	s, err := nats.New(nats.Config{Bucket: direct})
	if err != nil {
		t.Fatal(err)
	}
	_, loading := s.Load(t.Context(), "key")
	for what, err := range map[string]error{"Load": loading, "Provision": s.Provision(t.Context())} {
		if err == nil || !strings.Contains(err.Error(), "OpenBucket") {
			t.Errorf("%s with reads of replicas that lag: %v; want to be told of OpenBucket", what, err)
		}
	}
	for range 2 {
		bucket, err := nats.OpenBucket(t.Context(), js, config)
		if err != nil {
			t.Fatal(err)
		}
		if s, err = nats.New(nats.Config{Bucket: bucket}); err == nil {
			err = s.Provision(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Load(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load = %v; want ErrNotExist", err)
	}
}

func testFleet(t *testing.T, addr string, replicas int, failover func(*testing.T) string) {
	t.Helper()
	storagetest.RunFleet(t, storagetest.Fleet{
		Addr: addr, TTL: ttl, Wake: 100 * time.Millisecond, Failover: failover, Limits: limits,
		Open: func(t *testing.T, addr, space string) storage.Store {
			t.Helper()
			return openReplicated(t, addr, space, replicas)
		},
		Wipe: func(t *testing.T, space string) {
			t.Helper()
			js, config := connect(t, addr, space)
			bucket, err := js.KeyValue(t.Context(), config.Bucket)
			if err != nil {
				t.Fatal(err)
			}
			names, err := bucket.Keys(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				if err := bucket.Purge(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
		},
	})
}

// start starts a server in this process.
func start(t *testing.T, o *server.Options) (s *server.Server, addr string) {
	t.Helper()
	o.Host, o.Port, o.JetStream, o.StoreDir, o.NoSigs = "127.0.0.1", server.RANDOM_PORT, true, t.TempDir(), true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, testserver.Run(t, s)
}

// serveCluster starts servers that know one another, and returns the first one and the addresses of
// all when they have a leader.
func serveCluster(t *testing.T, servers int) (first *server.Server, addrs []string) {
	t.Helper()
	var ports []int
	var routes []string
	for range servers {
		addr, port := testserver.FreePort(t)
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		ports, routes = append(ports, n), append(routes, "nats://"+addr)
	}
	for i, port := range ports {
		s, addr := start(t, &server.Options{
			ServerName: fmt.Sprint("server", i), Routes: server.RoutesFromStr(strings.Join(routes, ",")),
			Cluster: server.ClusterOpts{Name: "fleet", Host: "127.0.0.1", Port: port},
		})
		if first == nil {
			first = s
		}
		addrs = append(addrs, addr)
	}
	js, _ := connect(t, addrs[0], "")
	for { // until there is a leader
		_, err := js.AccountInfo(t.Context())
		if err == nil || t.Context().Err() != nil {
			return first, addrs
		}
		if !errors.Is(err, jetstream.ErrJetStreamNotEnabled) {
			t.Log(err)
		}
	}
}
