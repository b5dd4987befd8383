package storagetest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/lease"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

const (
	fleetTTL     = 900 * time.Millisecond
	fleetTimeout = 3 * time.Second
)

var fleetLimits = storagetest.Limits{Patience: 5 * fleetTimeout, MaxValue: 1 << 20}

func openLease(t *testing.T, addr, space string) storage.Store {
	t.Helper()
	s, err := lease.New(lease.Config{
		Backend: lease.CAS(newPool(t, addr, space)), TTL: fleetTTL, OpTimeout: fleetTimeout, MaxValue: fleetLimits.MaxValue,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSoundFleet shows that what is broken in the stores below is broken by
// their fault: the lease passes on the same server.
func TestSoundFleet(t *testing.T) {
	t.Parallel()
	server := serveTiny(t)
	storagetest.RunFleet(t, storagetest.Fleet{
		TTL: fleetTTL, Addr: server.addr(), Open: openLease, Failover: server.failover, Limits: fleetLimits,
	})
}

// TestSealedLease: what Seal makes of a lease is as good a store for processes.
func TestSealedLease(t *testing.T) {
	const envAddr = "CHATELAINE_TINY_ADDR"
	addr := os.Getenv(envAddr) // of the parent process
	if addr == "" {
		addr = serveTiny(t).addr()
		t.Setenv(envAddr, addr)
	}
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		s, err := storage.Seal(openLease(t, addr, dir), storage.SealConfig{
			Service: "storagetest", Keys: storage.StaticKeys(bytes.Repeat([]byte{'k'}, storage.KeySize)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, storagetest.Limits{Patience: fleetLimits.Patience, MaxValue: fleetLimits.MaxValue - 1<<10})
}

// TestBrokenFleet: two ways in which programs often share a session, and the
// checks that find what is wrong with them.
func TestBrokenFleet(t *testing.T) {
	t.Parallel()
	for fault, checks := range map[string][]string{
		"naive": {
			"slow_callback", "woken_holder_finds_newer_value", "server_away_at_the_save", "cut_in_the_save",
			"muted_in_the_callback", "silent_server",
		},
		"row lock": {
			"many_callbacks", "cut_in_the_callback", "response_to_the_save_lost", "server_away_at_the_save",
			"cut_in_the_save", "muted_in_the_callback",
		},
		"no replica": {"failover"},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			if !inChild() {
				for _, check := range checks {
					if strings.HasPrefix(check, "woken") && runtime.GOOS == "windows" {
						continue // it stops a process, which this system cannot do
					}
					mustFail(t, check)
				}
				return
			}
			server := serveTiny(t)
			storagetest.RunFleet(t, storagetest.Fleet{
				TTL: fleetTTL, Addr: server.addr(), Failover: server.forget,
				Open: func(t *testing.T, addr, space string) storage.Store {
					t.Helper()
					switch fault {
					case "naive":
						return naive{newPool(t, addr, space)}
					case "row lock":
						return rowLock{newPool(t, addr, space)}
					default:
						return openLease(t, addr, space)
					}
				},
			})
		})
	}
}

// naive is what is found in many programs: a key that expires is the lock. It
// is not renewed, and the save does not depend on it.
type naive struct{ *pool }

func (n naive) Load(ctx context.Context, key string) ([]byte, error) {
	r, err := n.ask(ctx, tinyRequest{Op: "get", Key: key})
	return found(r, err)
}

func found(r tinyResponse, err error) ([]byte, error) {
	if err == nil && !r.OK {
		return nil, fs.ErrNotExist
	}
	return append([]byte{}, r.Value...), err
}

func (n naive) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	lock, token := key+".lock", []byte(rand.Text())
	for {
		r, err := n.ask(ctx, tinyRequest{Op: "setnx", Key: lock, Value: token, TTL: fleetTTL})
		if err != nil {
			return err
		}
		if r.OK {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	detached := context.WithoutCancel(ctx)
	defer func() {
		if r, err := n.ask(detached, tinyRequest{Op: "get", Key: lock}); err == nil && bytes.Equal(r.Value, token) {
			_, _ = n.ask(detached, tinyRequest{Op: "delete", Key: lock})
		}
	}()
	old, err := n.ask(ctx, tinyRequest{Op: "get", Key: key})
	if err != nil {
		return err
	}
	value, err := fn(ctx, old.Value)
	if err != nil {
		return err
	}
	op := "set"
	if value == nil {
		op = "delete"
	}
	_, err = n.ask(detached, tinyRequest{Op: op, Key: key, Value: value})
	return err
}

// rowLock holds a connection with a lock while the callback runs, as a
// transaction with SELECT FOR UPDATE does.
type rowLock struct{ *pool }

func (l rowLock) Load(ctx context.Context, key string) ([]byte, error) {
	r, err := l.ask(ctx, tinyRequest{Op: "get", Key: key})
	return found(r, err)
}

func (l rowLock) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) (err error) {
	conn, err := l.take(ctx)
	if err != nil {
		return err
	}
	defer func() { l.giveBack(conn, err) }()
	key = l.space + "/" + `"` + key + `"`
	if _, err = conn.ask(ctx, tinyRequest{Op: "lock", Key: key}); err != nil {
		return err
	}
	old, err := conn.ask(ctx, tinyRequest{Op: "get", Key: key})
	if err != nil {
		return err
	}
	value, err := fn(ctx, old.Value)
	detached := context.WithoutCancel(ctx)
	if err == nil {
		_, err = conn.ask(detached, tinyRequest{Op: "set", Key: key, Value: value})
	}
	if err != nil {
		return err // the connection ends, and the lock with it
	}
	_, err = conn.ask(detached, tinyRequest{Op: "unlock", Key: key})
	return err
}
