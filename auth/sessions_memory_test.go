package auth_test

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
)

// elsewhere is a store whose values take no memory of this process.
type elsewhere struct{}

func (elsewhere) Load(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }

func (elsewhere) Update(ctx context.Context, _ string, fn func(context.Context, []byte) ([]byte, error)) error {
	_, err := fn(ctx, nil)
	return err
}

// TestSessions_memory: what an idle session costs.
func TestSessions_memory(t *testing.T) {
	const sessions, most = 100_000, 2500
	if raceEnabled {
		t.Skip("the race detector changes what it measures")
	}
	s, err := auth.NewSessions(auth.SessionsConfig{
		Session: auth.Config{BaseURL: "https://api.example.com", Store: elsewhere{}},
		MaxIdle: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	before, goroutines := heap(), runtime.NumGoroutine()
	for i := range sessions {
		token := auth.Token{
			AccessToken:  fmt.Sprintf("%0800d", i),
			RefreshToken: fmt.Sprintf("%040d", i),
			Expiry:       time.Now().Add(time.Hour),
		}
		if err := s.Login(t.Context(), fmt.Sprintf("account-%06d", i), token); err != nil {
			t.Fatal(err)
		}
	}
	each := (heap() - before) / sessions
	if n := s.Counts().Idle; n != sessions {
		t.Fatalf("%d sessions are idle", n)
	}
	t.Logf("an idle session takes %d bytes", each)
	if each > most {
		t.Errorf("an idle session takes %d bytes, want at most %d", each, most)
	}
	if n := runtime.NumGoroutine() - goroutines; n > 0 {
		t.Errorf("%d goroutines for idle sessions", n)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
