package tour_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/tour"
)

// TestMain makes this program the processes of the tour.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"role": func() {
		if err := tour.Role(context.Background(), os.Stdin, os.Stdout, os.Args[1], os.Args[2], os.Args[3]); err != nil {
			os.Exit(1)
		}
	}})
}

// options are those of a test; the temporary directory of the tour is home.
func options(t *testing.T) (o tour.Options, out *strings.Builder) {
	t.Helper()
	out = new(strings.Builder)
	return tour.Options{
		Out: out, Width: 100,
		Command: func(ctx context.Context, args ...string) *exec.Cmd { return exec.CommandContext(ctx, "role", args...) },
	}, out
}

type facts struct {
	Passed bool `json:"passed"`
	Checks int  `json:"checks"`
	Failed int  `json:"failed"`
	Scenes []struct {
		Title     string           `json:"title"`
		Exchanges []map[string]any `json:"exchanges"`
		Checks    []struct {
			Check  string `json:"check"`
			Passed bool   `json:"passed"`
		} `json:"checks"`
	} `json:"scenes"`
}

// TestRun: every check passes, and both forms of the output show the same facts.
func TestRun(t *testing.T) {
	t.Parallel()
	o, text := options(t)
	o.Style = screen.Colored()
	if err := tour.Run(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if raceEnabled {
		return
	}
	o, out := options(t)
	o.JSON = true
	if err := tour.Run(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var f facts
	if err := json.Unmarshal([]byte(out.String()), &f); err != nil {
		t.Fatal(err)
	}
	if !f.Passed || f.Failed != 0 || f.Checks < 20 || len(f.Scenes) != 10 {
		t.Errorf("%+v", f)
	}
	rows := 0
	for _, s := range f.Scenes {
		rows += len(s.Exchanges)
		for _, p := range s.Checks {
			if n := strings.Count(text.String(), p.Check); n == 0 || !p.Passed {
				t.Errorf("%s: %q is in the text %d times", s.Title, p.Check, n)
			}
		}
	}
	if rows < 2*50+9 {
		t.Errorf("%d exchanges", rows)
	}
	if strings.Contains(out.String(), "\x1b") || !strings.Contains(text.String(), "\x1b[35m") {
		t.Error("colors are where they should not be, or not where they should")
	}
}

// TestRun_failed: a check that fails is shown, and fails the tour.
func TestRun_failed(t *testing.T) {
	t.Parallel()
	if raceEnabled {
		t.Skip("TestRun is enough for the race detector")
	}
	o, out := options(t)
	o.Server = authtest.Config{RefusedStatus: 503} // so the client cannot see that a session has ended
	err := tour.Run(t.Context(), o)
	if !errors.Is(err, tour.ErrFailed) {
		t.Errorf("%v", err)
	}
	for _, want := range []string{"✗ the request fails: login required", "✗ the keyring is empty", "2 of 31 checks failed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestRun_interrupted: the tour ends at once, and leaves nothing behind.
func TestRun_interrupted(t *testing.T) {
	home := t.TempDir()
	t.Setenv("TMPDIR", home)
	t.Setenv("TMP", home)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	o, _ := options(t)
	o.Pause = time.Hour
	if err := tour.Run(ctx, o); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(home); len(left) > 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestRole_unknown: there are four roles.
func TestRole_unknown(t *testing.T) {
	t.Parallel()
	if err := tour.Role(t.Context(), strings.NewReader(""), new(strings.Builder), "nonsense", t.TempDir(), ""); err == nil {
		t.Error("no error")
	}
}
