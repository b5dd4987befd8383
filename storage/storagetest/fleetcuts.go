package storagetest

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"
)

// cutInCallback: the lock does not hang on a connection.
func cutInCallback(t *tester, f Fleet, space string) {
	t.Helper()
	s, p := f.through(t, space)
	other := f.Open(t.T, f.Addr, space)
	put(t, s, key, []byte("old"))
	h := hold(t, s, []byte("new"))
	p.Cut()
	ctx, cancel := context.WithTimeout(t.Context(), f.TTL/2)
	defer cancel()
	err := other.Update(ctx, key, func(context.Context, []byte) ([]byte, error) {
		t.Error("another callback was let in when the connections of the holder were cut")
		return nil, errCallback
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Update of another store meanwhile: %v", err)
	}
	h.release(t)
	wantValue(t, other, key, []byte("new"))
}

// cutInSave: a value of which only a part has reached the server is sent again,
// whole.
func cutInSave(t *tester, f Fleet, space string) {
	t.Helper()
	s, p := f.through(t, space)
	put(t, s, key, []byte("old"))
	large := bytes.Repeat([]byte("0123456789abcdef"), t.maxValue()/16)
	err := update(t, s, key, func(context.Context, []byte) ([]byte, error) {
		p.CutAfter(len(large) / 2)
		return large, nil
	})
	if err != nil {
		t.Fatalf("Update whose connection ended in the middle of the value: %v", err)
	}
	wantValue(t, f.Open(t.T, f.Addr, space), key, large)
}

// saveResponseLost: a save that the store does not know to have succeeded is
// not done twice, and not given up.
func saveResponseLost(t *tester, f Fleet, space string) {
	t.Helper()
	const times = 5
	s, p := f.through(t, space)
	for i := range times {
		err := update(t, s, key, func(ctx context.Context, old []byte) ([]byte, error) {
			p.LoseResponse()
			return increment(ctx, old)
		})
		if err != nil {
			t.Fatalf("Update %d whose response was lost: %v", i+1, err)
		}
	}
	wantValue(t, f.Open(t.T, f.Addr, space), key, []byte(strconv.Itoa(times)))
}

// acquireResponseLost: a store does not wait for a lock that it has without
// knowing it.
func acquireResponseLost(t *tester, f Fleet, space string) {
	t.Helper()
	s, p := f.through(t, space)
	put(t, s, key, []byte("old"))
	p.LoseResponse()
	_ = update(t, s, key, returning([]byte("lost or not")))
	var err error
	within(t, f.TTL/2+grace, "Update after one whose lock was lost on the way", func() {
		err = s.Update(t.Context(), key, returning([]byte("new")))
	})
	if err != nil {
		t.Errorf("Update: %v", err)
	}
	wantValue(t, s, key, []byte("new"))
}

func awayAtSave(t *tester, f Fleet, space string) {
	t.Helper()
	s, p := f.through(t, space)
	put(t, s, key, []byte("old"))
	err := update(t, s, key, func(context.Context, []byte) ([]byte, error) {
		p.Refuse()
		time.AfterFunc(f.TTL/2, p.Accept)
		return []byte("new"), nil
	})
	if err != nil {
		t.Fatalf("Update while the server was away for half of the lock's time: %v; want the value saved", err)
	}
	wantValue(t, f.Open(t.T, f.Addr, space), key, []byte("new"))
}

func awayBefore(t *tester, f Fleet, space string) {
	t.Helper()
	s, p := f.through(t, space)
	put(t, s, key, []byte("old"))
	p.Refuse()
	wantUnreachable(t, s)
	p.Accept()
	put(t, s, key, []byte("new"))
	wantValue(t, s, key, []byte("new"))
}
