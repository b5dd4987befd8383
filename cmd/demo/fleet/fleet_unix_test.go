//go:build unix

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/fleet"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// full runs the fleets of docs/benchmarks.md: minutes for each.
var (
	full     = flag.Bool("fleet.full", false, "16 processes, 64 goroutines, 1,000 sessions")
	duration = flag.Duration("fleet.time", time.Minute, "with -fleet.full, how long each fleet runs")
)

// TestMain is the program itself when a fleet starts it as a process.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == role {
		if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
			_, _ = os.Stderr.WriteString("error: " + err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// size returns how large the fleets are.
func size() fleet.Config {
	if *full {
		return fleet.Config{
			Processes: 16, Goroutines: 64, Sessions: 1000, Duration: *duration, Pace: 600 * time.Millisecond,
			TokenTTL: 30 * time.Second, Delay: 50 * time.Millisecond, LeaseTTL: 15 * time.Second,
		}
	}
	return fleet.Config{
		Processes: 4, Goroutines: 8, Sessions: 20, Duration: 5 * time.Second, Pace: 100 * time.Millisecond,
		TokenTTL: 2 * time.Second, Delay: 50 * time.Millisecond, LeaseTTL: 3 * time.Second,
	}
}

// strict is the scenario in which nothing goes wrong.
const strict = "strict rotation"

// scenarios are what the fleets have to bear. All of them check what
// Summary.Failures says.
func scenarios() map[string]func(*fleet.Config) {
	all := map[string]func(*fleet.Config){
		strict: func(*fleet.Config) {},
		"killed, with grace": func(c *fleet.Config) {
			c.KillEvery, c.Grace = 2*time.Second, 20*time.Second
			c.LeaseTTL = min(c.LeaseTTL, 5*time.Second)
		},
		"stopped for less than the lease": func(c *fleet.Config) {
			c.PauseEvery, c.Pause = time.Second/2, c.LeaseTTL*8/15
		},
	}
	if *full {
		all["stopped for less than the lease"] = func(c *fleet.Config) {
			c.PauseEvery, c.Pause = 5*time.Second/2, c.LeaseTTL*8/15
		}
		// Only here: a lease whose heartbeat a busy machine holds up is lost, and so is the session,
		// since the provider rotates strictly. RunFleet tests slow callbacks on every store.
		all["provider slower than the lease"] = func(c *fleet.Config) {
			c.Delay, c.LeaseTTL = 5*time.Second, 2*time.Second
			c.TokenTTL = c.Duration * 2 / 3
		}
	}
	return all
}

// excesses returns what the leases of a fleet took more of than they may where nothing goes wrong.
// At least one update and two operations, an acquire and a commit, are needed for each refresh.
func excesses(s fleet.Summary) (excesses []string) {
	const updates, operations = 1.3, 3
	if n := s.UpdatesPerRotation(); n > updates {
		excesses = append(excesses, fmt.Sprintf("%.2f updates for each refresh, more than %v", n, updates))
	}
	if n := s.OperationsPerRotation(); n > operations {
		excesses = append(excesses, fmt.Sprintf("%.2f lease operations for each refresh, more than %v", n, operations))
	}
	return excesses
}

func TestExcesses(t *testing.T) {
	for _, test := range []struct {
		store lease.Stats
		want  int
	}{
		{lease.Stats{Updates: 10, Acquires: 10, Commits: 10}, 0},
		{lease.Stats{Updates: 13, Acquires: 12, Looks: 4, Renewals: 4, Commits: 10}, 0},
		{lease.Stats{Updates: 14, Acquires: 14, Commits: 10}, 1},
		{lease.Stats{Updates: 10, Acquires: 12, Looks: 5, Renewals: 4, Commits: 10}, 1},
		{lease.Stats{Updates: 20, Acquires: 20, Looks: 1, Commits: 10}, 2},
	} {
		if got := excesses(fleet.Summary{Refreshes: 10, Total: fleet.Report{Store: test.store}}); len(got) != test.want {
			t.Errorf("%+v: %q, want %d of them", test.store, got, test.want)
		}
	}
}

// runAll runs the scenarios. Bounded says that the full run has to keep within the bounds of
// excesses.
func runAll(t *testing.T, store string, bounded bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range scenarios() {
		t.Run(name, func(t *testing.T) {
			c := size()
			c.Store = store
			change(&c)
			s, err := start(t.Context(), c, self)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("\n%s", s.Table())
			for _, failure := range s.Failures() {
				t.Error(failure)
			}
			if s.Alive != s.Sessions {
				t.Errorf("%d of %d sessions are alive", s.Alive, s.Sessions)
			}
			if s.Refreshes == 0 {
				t.Error("nothing was refreshed")
			}
			if *full && bounded && name == strict {
				for _, excess := range excesses(s) {
					t.Error(excess)
				}
			}
		})
	}
}

func TestPostgres(t *testing.T) {
	runAll(t, testserver.PostgresURL(testserver.Postgres(t, "max_connections=300").Addr), true)
}

func TestRedis(t *testing.T) {
	runAll(t, "redis://"+testserver.Redis(t).Addr, true)
}

func TestNATS(t *testing.T) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	runAll(t, "nats://"+testserver.Run(t, s), false)
}
