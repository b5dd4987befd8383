//go:build unix

package auth_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestProcess_commandWithoutClose: commands that end without closing their session lose nothing,
// although its token is about to expire: they do not refresh in the background, and one that has
// expired is renewed first.
func TestProcess_commandWithoutClose(t *testing.T) {
	t.Parallel()
	server, dir, f := sharedSession(t)
	store, err := openShared(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for run, left := range []time.Duration{10 * time.Second, 10 * time.Second, -time.Second, 10 * time.Second, -time.Second, 10 * time.Second} {
		err := store.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) {
			var record map[string]any
			if err := json.Unmarshal(old, &record); err != nil {
				return nil, err
			}
			record["obtained"], record["expiry"] = time.Now().Add(-time.Hour), time.Now().Add(left)
			return json.Marshal(record)
		})
		if err != nil {
			t.Fatal(err)
		}
		before := server.Stats().Refreshes
		p := spawn(t, "command", dir, server.URL)
		if _, failures, ok := p.until("served"); !ok {
			t.Fatalf("run %d: %v\n%v", run, failures, server.Timeline())
		}
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("run %d: %v", run, err)
		}
		want := 0
		if left < 0 {
			want = 1
		}
		if got := server.Stats().Refreshes - before; got != want {
			t.Errorf("run %d: %d refreshes, want %d", run, got, want)
		}
	}
	f.mustGet(t, "/me", http.StatusOK)
	server.AssertNoReuse(t)
}

// TestProcess_interruptedService: a service whose token expires all the time is interrupted at
// random instants. It closes its session, and the session survives.
func TestProcess_interruptedService(t *testing.T) {
	t.Parallel()
	server, dir := authtest.NewServer(authtest.Config{AccessTTL: 400 * time.Millisecond}), t.TempDir()
	t.Cleanup(server.Close)
	store, err := openShared(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	f := join(t, server, func(c *auth.Config) { c.Store = store })
	f.login(t)
	for run := range 8 {
		p := spawn(t, "service", dir, server.URL)
		if _, failures, ok := p.until("ready"); !ok {
			t.Fatal("the process ended: ", failures)
		}
		time.AfterFunc(rand.N(600*time.Millisecond), func() { _ = p.cmd.Process.Signal(os.Interrupt) })
		if _, failures, ok := p.until("served"); !ok {
			t.Fatalf("run %d: %v\n%v", run, failures, server.Timeline())
		}
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("run %d: %v", run, err)
		}
		f.mustGet(t, "/me", http.StatusOK)
	}
	server.AssertNoReuse(t)
	if server.Stats().Refreshes == 0 {
		t.Error("nothing was refreshed")
	}
}
