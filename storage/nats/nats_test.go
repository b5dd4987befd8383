package nats_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/nats"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// ttl is short, so that a killed holder does not make the tests long.
const ttl = 2 * time.Second

// limits are what fits a server as it comes, and longer than a connection that has fallen silent
// is waited for.
var limits = storagetest.Limits{Patience: 15 * time.Second, MaxValue: 1<<20 - 1<<10}

// envAddr has the server's address in the processes that package storagetest
// starts.
const envAddr = "CHATELAINE_NATS_ADDR"

// serve starts a server in this process, unless the parent process has.
func serve(t *testing.T) (addr string) {
	t.Helper()
	if addr := os.Getenv(envAddr); addr != "" {
		return addr
	}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(30 * time.Second) {
		t.Fatal("the server does not start")
	}
	tcp, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("the server listens on %v", s.Addr())
	}
	t.Setenv(envAddr, tcp.String())
	return tcp.String()
}

// connect opens the bucket that stands for a directory of package storagetest.
func connect(t *testing.T, addr, dir string) (jetstream.JetStream, jetstream.KeyValueConfig) {
	t.Helper()
	conn, err := natsgo.Connect("nats://"+addr, natsgo.MaxReconnects(-1), natsgo.ReconnectWait(50*time.Millisecond),
		natsgo.RetryOnFailedConnect(true), natsgo.PingInterval(time.Second), natsgo.MaxPingsOutstanding(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(dir))
	return js, jetstream.KeyValueConfig{Bucket: "t" + hex.EncodeToString(sum[:8])}
}

func open(t *testing.T, addr, dir string) *nats.Store {
	t.Helper()
	js, config := connect(t, addr, dir)
	bucket, err := js.CreateOrUpdateKeyValue(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	s, err := nats.New(nats.Config{Bucket: bucket, TTL: ttl, OpTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	addr := serve(t)
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store { t.Helper(); return open(t, addr, dir) }, limits)
}

func TestSealedConformance(t *testing.T) {
	addr := serve(t)
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		s, err := storage.Seal(open(t, addr, dir), storage.SealConfig{
			Service: "natstest", Keys: storage.StaticKeys(bytes.Repeat([]byte{'k'}, storage.KeySize)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, storagetest.Limits{MaxValue: limits.MaxValue - 1<<10}) // the envelope needs a little
}

func TestFleet(t *testing.T) {
	addr := serve(t)
	storagetest.RunFleet(t, storagetest.Fleet{
		Addr: addr, TTL: ttl, Wake: 100 * time.Millisecond, Limits: limits,
		Open: func(t *testing.T, addr, space string) storage.Store { t.Helper(); return open(t, addr, space) },
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

func TestKeys(t *testing.T) {
	s := open(t, serve(t), "keys")
	put := func(key string, value []byte) {
		t.Helper()
		err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) { return value, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"", "a", "b.>c"}
	for _, key := range append(want, "deleted") {
		put(key, []byte("value"))
	}
	put("deleted", nil)
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
}

func TestConfig(t *testing.T) {
	t.Parallel()
	if _, err := nats.New(nats.Config{}); err == nil {
		t.Error("New without a bucket = nil")
	}
}
