//go:build unix

package auth_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// process is this test binary, playing a program.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner
	saved []time.Duration // from the server's answer to the end of the save
}

func spawn(t *testing.T, role, dir, url string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), self, childMarker, role, dir, url)}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = os.Stderr
	p.lines = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// until reads lines up to one that begins with the word; false if the process has ended before.
func (p *process) until(word string) (line string, failures []string, ok bool) {
	for p.lines.Scan() {
		line = p.lines.Text()
		switch {
		case strings.HasPrefix(line, "saved "):
			var ns int64
			if _, err := fmt.Sscanf(line, "saved %d", &ns); err == nil {
				p.saved = append(p.saved, time.Duration(ns))
			}
		case strings.HasPrefix(line, "failed: "):
			failures = append(failures, line)
		case strings.HasPrefix(line, word):
			return line, failures, true
		}
	}
	return "", failures, false
}

// sharedSession is a strict server, a keyring in a file, and a session in it.
func sharedSession(t *testing.T) (server *authtest.Server, dir string, f *fixture) {
	t.Helper()
	server, dir = authtest.NewServer(authtest.Config{}), t.TempDir()
	t.Cleanup(server.Close)
	store, err := openShared(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	f = join(t, server, func(c *auth.Config) { c.Store = store })
	f.login(t)
	return server, dir, f
}

// TestRule03_Processes: eight processes of eight goroutines share one rotating session over thirty
// expiries. Every expiry costs one refresh, no refresh token is spent twice, and no caller sees an
// error.
func TestRule03_Processes(t *testing.T) {
	t.Parallel()
	const processes, expiries = 8, 30
	server, dir, _ := sharedSession(t)
	all := make([]*process, processes)
	for i := range all {
		all[i] = spawn(t, "worker", dir, server.URL)
	}
	for _, p := range all {
		if _, failures, ok := p.until("ready"); !ok {
			t.Fatal("a process ended: ", failures)
		}
	}
	for round := range expiries {
		server.ExpireAccess()
		for _, p := range all {
			if _, err := io.WriteString(p.stdin, "go\n"); err != nil {
				t.Fatal(err)
			}
		}
		for i, p := range all {
			line, failures, ok := p.until("served")
			if !ok || line != fmt.Sprintf("served %d", workers) {
				t.Fatalf("expiry %d, process %d: %q %v\n%v", round, i, line, failures, server.Timeline())
			}
		}
	}
	server.AssertRefreshes(t, expiries)
	server.AssertNoReuse(t)
}

// TestRule05_KillDuringRefresh kills a process at random instants, again and again, while it and
// another share the session. The session survives, unless the kill falls between the refresh
// request's departure and the save of its answer; that is counted, and its width measured.
func TestRule05_KillDuringRefresh(t *testing.T) {
	t.Parallel()
	const kills = 20
	server, dir, f := sharedSession(t)
	killed, lost := 0, 0
	doubts := [2]bool{} // of the last process and of the one before it
	var saves []time.Duration
	for range kills {
		victim := spawn(t, "worker", dir, server.URL)
		if _, failures, ok := victim.until("ready"); !ok {
			t.Fatal("the process ended: ", failures)
		}
		server.ExpireAccess()
		_, _ = io.WriteString(victim.stdin, "go\n")
		timer := time.AfterFunc(rand.N(12*time.Millisecond), func() { _ = victim.cmd.Process.Kill() })
		_, failures, ok := victim.until("served")
		if !ok {
			killed++
		}
		timer.Stop()
		victim.kill()
		saves = append(saves, victim.saved...)
		// A request that was on its way when its process died may reach the server now or later.
		doubts = [2]bool{!ok && len(victim.saved) == 0, doubts[0]}

		status, _, err := f.get(t.Context(), "/me")
		if err == nil && status == http.StatusOK && len(failures) == 0 {
			continue
		}
		lost++
		if doubts == [2]bool{} || err != nil && !errors.Is(err, auth.ErrLoginRequired) {
			t.Fatalf("lost without a reason: %d %v %v\n%v", status, err, failures, server.Timeline())
		}
		doubts = [2]bool{}
		f.login(t)
	}
	if n := server.Stats().Reuses; n > lost+1 { // the last doubt may still be open
		t.Errorf("%d reuses, but %d sessions lost\n%v", n, lost, server.Timeline())
	}
	var whole time.Duration
	for _, s := range saves {
		whole += s
	}
	if len(saves) > 0 {
		whole /= time.Duration(len(saves))
	}
	t.Logf("%d of %d processes were killed, %d kills cost the session; from the answer to the end of the save: %v on average of %d",
		killed, kills, lost, whole, len(saves))
	if killed == 0 {
		t.Error("no kill came in time")
	}
}

// TestRule03_StoppedHolder: a process that is stopped while it holds the lock makes the others wait
// no longer than their context; when it dies, the lock is free.
func TestRule03_StoppedHolder(t *testing.T) {
	t.Parallel()
	server, dir, f := sharedSession(t)
	holder := spawn(t, "holder", dir, server.URL)
	if _, failures, ok := holder.until("ready"); !ok {
		t.Fatal("the process ended: ", failures)
	}
	if err := holder.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	server.ExpireAccess()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, _, err := f.get(ctx, "/me")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if waited := time.Since(begin); waited > 10*time.Second {
		t.Errorf("waited %v", waited)
	}
	holder.kill()
	f.mustGet(t, "/me", 200)
	server.AssertRefreshes(t, 1)
}
