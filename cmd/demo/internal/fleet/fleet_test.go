package fleet_test

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/fleet"
)

// worker is the first argument of a process of a fleet.
const worker = "fleet-worker"

// TestMain makes this program the processes of a fleet.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == worker {
		if err := fleet.Work(context.Background(), os.Stdin, os.Stdout, os.Args[2], fleet.OpenHTTP); err != nil {
			_, _ = os.Stderr.WriteString("error: " + err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run lets a fleet work until what it has done is enough: the machine may be slow.
func run(t *testing.T, c fleet.Config, enough func(fleet.Summary) bool) fleet.Summary {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Processes, c.Goroutines, c.Sessions, c.Pace = 4, 4, 12, 40*time.Millisecond
	c.Duration, c.TokenTTL, c.Delay = 2*time.Minute, time.Second, 50*time.Millisecond
	r, err := fleet.Start(t.Context(), c, func(ctx context.Context, job string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self, worker, job)
		cmd.Stderr = os.Stderr
		return cmd
	}, fleet.OpenHTTP)
	if err != nil {
		t.Fatal(err)
	}
	working, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := r.Wait(working, func(s fleet.Summary) {
		if s.Refreshes >= int64(2*c.Sessions) && enough(s) {
			cancel()
		}
	})
	t.Logf("\n%s", s.Table())
	for _, failure := range s.Failures() {
		t.Error(failure)
	}
	if s.Refreshes == 0 || s.Alive != s.Sessions {
		t.Errorf("%d refreshes, %d of %d sessions alive", s.Refreshes, s.Alive, s.Sessions)
	}
	return s
}

// wantWhole checks that the processes count as many refreshes as the provider, and that it was
// shown no token twice.
func wantWhole(t *testing.T, s fleet.Summary) {
	t.Helper()
	if int64(s.Total.Refreshes) != s.Refreshes || s.Reuses != 0 {
		t.Errorf("%d refreshes counted by processes, %d at the provider, %d reuses", s.Total.Refreshes, s.Refreshes, s.Reuses)
	}
}

func TestFleet(t *testing.T) {
	t.Parallel()
	s := run(t, fleet.Config{LeaseTTL: 30 * time.Second}, func(s fleet.Summary) bool { return s.Busy() == s.Processes })
	wantWhole(t, s)
	if s.Total.Errors != 0 {
		t.Errorf("%d calls failed, the last one with %s", s.Total.Errors, s.Total.Error)
	}
}

// TestFleet_paused: a process that is stopped for less than its lease lasts loses nothing.
func TestFleet_paused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot stop a process and let it go on")
	}
	s := run(t, fleet.Config{LeaseTTL: 30 * time.Second, PauseEvery: 200 * time.Millisecond, Pause: 300 * time.Millisecond},
		func(s fleet.Summary) bool { return s.Pauses >= 3 })
	wantWhole(t, s)
}

// TestFleet_killed: a provider with a grace period keeps the session whose new token dies with a
// process.
func TestFleet_killed(t *testing.T) {
	t.Parallel()
	s := run(t, fleet.Config{LeaseTTL: time.Second, KillEvery: 300 * time.Millisecond, Grace: time.Hour},
		func(s fleet.Summary) bool { return s.Kills >= 3 })
	if s.Reuses != 0 || int64(s.Total.Refreshes) > s.Refreshes {
		t.Errorf("%d refreshes counted by processes, %d at the provider, %d reuses", s.Total.Refreshes, s.Refreshes, s.Reuses)
	}
}

func TestSummary_Failures(t *testing.T) {
	t.Parallel()
	good := fleet.Summary{Whole: true, Strict: true, Sessions: 3, Alive: 3, Refreshes: 5, Total: fleet.Report{Refreshes: 5}}
	if f := good.Failures(); len(f) != 0 {
		t.Errorf("a good run: %q", f)
	}
	for want, change := range map[string]func(*fleet.Summary){
		"1 sessions were lost, though only 0 holders vanished": func(s *fleet.Summary) { s.Alive = 2 },
		"1 spent tokens were used again":                       func(s *fleet.Summary) { s.Reuses = 1 },
		"the processes count 5 refreshes, the provider 6":      func(s *fleet.Summary) { s.Refreshes = 6 },
		"2 calls failed, the last one with broken":             func(s *fleet.Summary) { s.Total.Errors, s.Total.Error = 2, "broken" },
		"a process ended": func(s *fleet.Summary) { s.Problems = []string{"a process ended"} },
	} {
		s := good
		change(&s)
		if f := s.Failures(); !slices.Equal(f, []string{want}) {
			t.Errorf("%q; want %q", f, want)
		}
	}
	killed := good
	killed.Whole, killed.Kills, killed.Reuses, killed.Alive, killed.Refreshes, killed.Total.Store.Takeovers = false, 1, 1, 2, 6, 1
	if f := killed.Failures(); len(f) != 0 {
		t.Errorf("one killed holder, one lost session: %q", f)
	}
}

func TestConfig_Check(t *testing.T) {
	t.Parallel()
	good := fleet.Config{
		Processes: 1, Goroutines: 1, Sessions: 1, Duration: time.Second, Pace: time.Second, TokenTTL: time.Second, LeaseTTL: time.Second,
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*fleet.Config){
		"no processes":            func(c *fleet.Config) { c.Processes = 0 },
		"too many processes":      func(c *fleet.Config) { c.Processes = 257 },
		"no goroutines":           func(c *fleet.Config) { c.Goroutines = 0 },
		"no sessions":             func(c *fleet.Config) { c.Sessions = 0 },
		"no time":                 func(c *fleet.Config) { c.Duration = 0 },
		"a token that expires":    func(c *fleet.Config) { c.TokenTTL = time.Millisecond },
		"a short lease":           func(c *fleet.Config) { c.LeaseTTL = time.Millisecond },
		"a negative delay":        func(c *fleet.Config) { c.Delay = -1 },
		"pauses without a length": func(c *fleet.Config) { c.PauseEvery = time.Second },
	} {
		c := good
		change(&c)
		if c.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
