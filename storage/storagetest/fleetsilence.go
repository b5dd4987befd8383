package storagetest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// mutedInCallback: connections that fall silent, and are not ended, keep a
// value from being saved no longer than a call of the server may take.
func mutedInCallback(t *tester, f Fleet, space string) {
	t.Helper()
	s, p := f.through(t, space)
	put(t, s, key, []byte("old"))
	err := update(t, s, key, func(context.Context, []byte) ([]byte, error) {
		p.Mute()
		return []byte("new"), nil
	})
	if err != nil {
		t.Fatalf("Update whose connections fell silent in the callback: %v; want the value saved", err)
	}
	wantValue(t, f.Open(t.T, f.Addr, space), key, []byte("new"))
	recovers(t, s, []byte("newer"))
}

// recovers waits until Update and Load work again, in spite of connections that
// are silent still, each of which costs a call.
func recovers(t *tester, s storage.Store, value []byte) {
	t.Helper()
	var got []byte
	failure := errCallback
	for end := time.Now().Add(t.patience()); failure != nil && time.Now().Before(end); {
		if failure = update(t, s, key, returning(value)); failure == nil {
			got, failure = load(t, s, key)
		}
	}
	if failure != nil || !bytes.Equal(got, value) {
		t.Fatalf("when the server responds again, Load = %s, %v; want %s", brief(got), failure, brief(value))
	}
}

// silentServer: a server that accepts connections and says nothing is one that
// cannot be reached.
func silentServer(t *tester, f Fleet, space string) {
	t.Helper()
	s, p := f.through(t, space)
	put(t, s, key, []byte("old"))
	p.Silence()
	wantUnreachable(t, s)
	p.Accept()
	recovers(t, s, []byte("new"))
}

// wantUnreachable checks that a store without its server says so, and does
// nothing.
func wantUnreachable(t *tester, s storage.Store) {
	t.Helper()
	if _, err := load(t, s, key); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load without a server = %v; want an error that does not say that the value is absent", err)
	}
	called := false
	err := update(t, s, key, func(context.Context, []byte) ([]byte, error) {
		called = true
		return nil, errCallback
	})
	if called || err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Update without a server: callback called %t, %v; want an error and no call", called, err)
	}
}

// failover: what was saved, and the lease of a holder, are at the server that
// takes over; what the holder returns is saved there.
func failover(t *tester, f Fleet, space string) {
	t.Helper()
	if f.Failover == nil {
		t.Skip("the server has no replica")
	}
	s, p := f.through(t, space)
	put(t, s, key, []byte("old"))
	put(t, s, "another", []byte("saved before"))
	h := hold(t, s, []byte("new"))
	addr := f.Failover(t.T)
	p.MoveTo(addr)
	other := f.Open(t.T, addr, space)
	wantValue(t, other, "another", []byte("saved before"))
	ctx, cancel := context.WithTimeout(t.Context(), f.TTL/2)
	defer cancel()
	err := other.Update(ctx, key, func(context.Context, []byte) ([]byte, error) {
		t.Error("another callback was let in after the failover, while the holder's ran")
		return nil, errCallback
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Update of another store meanwhile: %v", err)
	}
	h.release(t)
	wantValue(t, other, key, []byte("new"))
}
