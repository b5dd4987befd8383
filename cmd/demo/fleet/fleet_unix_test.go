//go:build unix

package main

import (
	"context"
	"flag"
	"net"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/fleet"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
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

// scenarios are what the fleets have to bear. All of them check what
// Summary.Failures says.
func scenarios() map[string]func(*fleet.Config) {
	all := map[string]func(*fleet.Config){
		"strict rotation": func(*fleet.Config) {},
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

func runAll(t *testing.T, store string) {
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
		})
	}
}

func TestPostgres(t *testing.T) {
	runAll(t, testserver.PostgresURL(testserver.Postgres(t, "max_connections=300").Addr))
}

func TestRedis(t *testing.T) {
	runAll(t, "redis://"+testserver.Redis(t).Addr)
}

func TestNATS(t *testing.T) {
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
	addr, ok := s.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("the server listens on %v", s.Addr())
	}
	runAll(t, "nats://"+addr.String())
}
