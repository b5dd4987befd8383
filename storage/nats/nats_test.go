package nats_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/chatelaine-go/chatelaine/internal/storetest"
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
	_, addr = start(t, &server.Options{})
	t.Setenv(envAddr, addr)
	return addr
}

// connect opens the bucket that stands for a directory of package storagetest.
func connect(t *testing.T, addr, dir string) (jetstream.JetStream, jetstream.KeyValueConfig) {
	t.Helper()
	conn, err := natsgo.Connect("nats://"+addr, natsgo.MaxReconnects(-1), natsgo.ReconnectWait(50*time.Millisecond),
		natsgo.RetryOnFailedConnect(true), natsgo.PingInterval(time.Second), natsgo.MaxPingsOutstanding(2),
		natsgo.IgnoreDiscoveredServers()) // which no proxy stands before
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
	return openReplicated(t, addr, dir, 1)
}

func openReplicated(t *testing.T, addr, dir string, replicas int) *nats.Store {
	t.Helper()
	js, config := connect(t, addr, dir)
	config.Replicas = replicas
	bucket, err := nats.OpenBucket(t.Context(), js, config)
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
	storetest.Close(t, s)
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

func TestConfig_zeroValue(t *testing.T) {
	t.Parallel()
	if _, err := nats.New(nats.Config{}); err == nil {
		t.Error("New without a bucket = nil")
	}
}
