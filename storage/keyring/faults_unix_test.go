//go:build unix

package keyring_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// kills returns a share of the number of processes to kill in all, which
// CHATELAINE_KILLS sets.
func kills(t *testing.T, share float64) int {
	t.Helper()
	total := 60
	if s := os.ExpandEnv("$CHATELAINE_KILLS"); s != "" {
		total = atoi(t, s)
	}
	return max(3, int(float64(total)*share))
}

// A process is killed again and again, in the middle of its work. A value that was reported as
// saved must be there, whole, or a newer one.
func TestKilledWriters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		writers int
		share   float64
	}{{1, 0.40}, {3, 0.20}} {
		t.Run(strconv.Itoa(c.writers), func(t *testing.T) {
			t.Parallel()
			killWriters(t, fileConfig(t.TempDir()), nil, c.writers, kills(t, c.share))
		})
	}
}

// killWriters kills rounds of writers until there were enough kills.
func killWriters(t *testing.T, cfg keyring.Config, env []string, writers, kills int) {
	t.Helper()
	s := open(t, cfg)
	acknowledged, total := 0, 0
	for killed := 0; killed < kills; killed += writers {
		ps := make([]*process, writers)
		for i := range ps {
			ps[i] = start(t, env, "loop", s.Backend(), cfg.Dir)
		}
		for _, p := range ps {
			acknowledged = max(acknowledged, atoi(t, p.await(t, "saved: ")))
		}
		pause(rand.N(5 * time.Millisecond))
		for _, p := range ps {
			p.kill()
		}
		for _, p := range ps {
			if last := p.last(t, "saved: "); last != "" {
				acknowledged = max(acknowledged, atoi(t, last))
			}
		}
		value, err := s.Load(t.Context(), "default")
		if err != nil {
			t.Fatalf("after %d kills: %v", killed, err)
		}
		n, err := number(value)
		if err != nil || n < acknowledged || n > acknowledged+writers {
			t.Fatalf("after %d kills: loaded %d, %v; %d was acknowledged", killed, n, err, acknowledged)
		}
		acknowledged, total = n, n
	}
	t.Logf("%d kills, %d saves", kills, total)
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func pause(d time.Duration) { <-time.After(d) }

// A process is killed during the very first Open, which creates the key. Whatever it leaves behind,
// the next Open must succeed.
func TestKilledFirstOpen(t *testing.T) {
	t.Parallel()
	killFirstOpens(t, fileConfig, nil, kills(t, 0.25))
}

func killFirstOpens(t *testing.T, config func(dir string) keyring.Config, env []string, kills int) {
	t.Helper()
	// The time that an undisturbed first Open takes determines when to kill.
	began := time.Now()
	backend := config("").Backend
	undisturbed := t.TempDir()
	wantSaid(t, output(t, env, "put", backend, undisturbed, "first"), "done")
	usual := time.Since(began)
	limit := usual
	wantSaid(t, output(t, env, "purge", backend, undisturbed), "done")
	complete := 0
	for range kills {
		cfg := config(t.TempDir())
		p := start(t, env, "put", backend, cfg.Dir, "first")
		pause(rand.N(limit))
		p.kill()
		s, err := keyring.Open(t.Context(), cfg)
		if err != nil {
			t.Fatalf("Open after a killed first Open: %v", err)
		}
		value, err := s.Load(t.Context(), "default")
		switch {
		case err == nil && string(value) == "first":
			complete++
			limit = limit * 9 / 10 // kill earlier
		case !errors.Is(err, fs.ErrNotExist) || p.last(t, "done") != "":
			t.Fatalf("Load after a killed first Open: %q, %v", value, err)
		default:
			limit = min(limit*11/10, 2*usual) // kill later
		}
		put(t, s, "default", "second")
		wantValue(t, open(t, cfg), "default", "second")
		if err := s.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills within about %v, %d of them after the value was saved", kills, limit, complete)
}

// Many processes open the store for the first time at the same moment, and
// must agree on one key.
func TestFirstOpenTogether(t *testing.T) {
	t.Parallel()
	for range 5 {
		cfg := fileConfig(t.TempDir())
		ps := make([]*process, 6)
		for i := range ps {
			ps[i] = start(t, nil, "put", "file", cfg.Dir, "value")
		}
		for _, p := range ps {
			p.await(t, "done")
		}
		wantValue(t, open(t, cfg), "default", "value")
	}
}

func TestReadersBesideWriters(t *testing.T) {
	t.Parallel()
	soak := time.Second
	if s := os.ExpandEnv("$CHATELAINE_SOAK"); s != "" {
		var err error
		if soak, err = time.ParseDuration(s); err != nil {
			t.Fatalf("CHATELAINE_SOAK: %v", err)
		}
	}
	cfg := fileConfig(t.TempDir())
	put(t, open(t, cfg), "default", string(numbered(1)))
	var readers, writers []*process
	for range 8 {
		readers = append(readers, start(t, nil, "watch", "file", cfg.Dir))
	}
	for range 2 {
		writers = append(writers, start(t, nil, "loop", "file", cfg.Dir))
	}
	for _, p := range writers {
		p.await(t, "saved: ")
	}
	pause(soak)
	loads := 0
	for _, p := range readers {
		if err := p.stdin.Close(); err != nil {
			t.Fatal(err)
		}
		loads += atoi(t, p.await(t, "loads: "))
	}
	for _, p := range writers {
		p.kill()
	}
	t.Logf("%d loads beside %s and %s saves", loads, writers[0].last(t, "saved: "), writers[1].last(t, "saved: "))
}

// A holder that is stopped keeps its lock; a waiter gives up with its context;
// readers do not notice; a kill frees the lock at once.
func TestStoppedHolder(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	s := open(t, cfg)
	put(t, s, "default", string(numbered(1)))
	p := start(t, nil, "hold", "file", cfg.Dir)
	p.await(t, "holding")
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) {
		t.Error("the callback ran while a stopped process had the lock")
		return nil, nil
	})
	if !errors.Is(err, storage.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Update: %v", err)
	}
	wantValue(t, s, "default", string(numbered(1)))
	put(t, s, "another", "value")

	// Many wait, one kill lets all of them through.
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if err := s.Update(t.Context(), "default", func(_ context.Context, old []byte) ([]byte, error) { return next(old) }); err != nil {
				t.Errorf("Update after the kill: %v", err)
			}
		})
	}
	p.kill()
	wg.Wait()
	wantValue(t, s, "default", string(numbered(6)))
}

func TestContinuedHolder(t *testing.T) {
	t.Parallel()
	cfg := fileConfig(t.TempDir())
	s := open(t, cfg)
	p := start(t, nil, "hold", "file", cfg.Dir)
	p.await(t, "holding")
	for _, signal := range []os.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := p.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	p.await(t, "done")
	wantValue(t, s, "default", string(numbered(1)))
}
