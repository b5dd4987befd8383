package idp_test

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// demo is the program with a home of its own.
type demo struct{ binary, home string }

func newDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{binary: filepath.Join(t.TempDir(), "demo"), home: t.TempDir()}
	if err := run(t.Context(), "../..", "go", "build", "-o", d.binary, "./cmd/demo"); err != nil {
		t.Fatal(err)
	}
	return d
}

// command returns a command that finds no desktop keyring.
func (d *demo) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, d.binary, args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + d.home, "XDG_STATE_HOME=" + filepath.Join(d.home, "state"),
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "TERM=dumb",
	}
	return cmd
}

// run runs a command that must end with the code, and returns what it printed.
func (d *demo) run(t *testing.T, want int, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := d.command(ctx, args...).CombinedOutput()
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if code != want {
		t.Fatalf("demo %s: exit code %d, want %d\n%s", strings.Join(args, " "), code, want, out)
	}
	return string(out)
}

// login runs demo login, and opens the address that it prints.
func (d *demo) login(t *testing.T, p *provider) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := d.command(ctx, "login", "--issuer", p.Issuer, "--base-url", p.Issuer, "--client-id", "public",
		"--params", "prompt=consent", "--no-browser", "--no-input")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if address := strings.TrimSpace(lines.Text()); strings.HasPrefix(address, "http") {
			if err := p.visit(ctx, address); err != nil {
				t.Errorf("the browser: %v", err)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("demo login: %v\n%s", err, said.String())
	}
}

// TestDemo signs in with the program at each provider, calls, refreshes and signs out: what README
// shows a newcomer.
func TestDemo(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) *provider{
		"oidc-provider": func(t *testing.T) *provider { return startOIDC(t, ttl, false) },
		"hydra":         func(t *testing.T) *provider { return startHydra(t, ttl) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			u, err := url.Parse(p.UserInfoURL)
			if err != nil {
				t.Fatal(err)
			}
			d := newDemo(t)
			d.login(t, p)
			if out := d.run(t, 0, "get", u.Path); !strings.Contains(out, `"alice"`) {
				t.Errorf("get: %s", out)
			}
			access := strings.TrimSpace(d.run(t, 0, "token"))
			p.awaitRefused(t, access)
			var processes sync.WaitGroup
			for range 4 { // one of them refreshes
				processes.Go(func() {
					out, err := d.command(t.Context(), "storm", "-n", "20", u.Path).CombinedOutput()
					if err != nil {
						t.Errorf("storm: %v\n%s", err, out)
					}
				})
			}
			processes.Wait()
			d.run(t, 0, "logout")
			d.run(t, 4, "get", u.Path)
		})
	}
}
