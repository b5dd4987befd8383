//go:build unix

package main_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestPrograms_frozen: a sandbox, or Ctrl-Z, stops a program in the middle of a refresh, for longer
// than a refresh and all who wait for it may take. The response arrives while it is stopped, and
// counts when the program continues.
func TestPrograms_frozen(t *testing.T) {
	t.Parallel()
	const timeout = 3 * time.Second // of a refresh; the wait for one is twice as long, and a second
	l := newLab(t, authtest.Config{}, "REFRESH_TIMEOUT="+timeout.String())
	program, _ := l.start(t, "lambda")
	for n := range 2 {
		l.ExpireAccess()
		release := l.HoldRefresh()
		if _, err := io.WriteString(program.stdin, "event\n"); err != nil {
			t.Fatal(err)
		}
		if err := l.Wait(t.Context(), func(s authtest.Stats) bool { return s.Rotations == n+1 }); err != nil {
			t.Fatal(err)
		}
		if err := program.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		release()
		<-time.After(2*timeout + 2*time.Second)
		if err := program.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		if got := program.line(); got != "status 200" {
			t.Errorf("got %q\n%v", got, l.Timeline())
		}
	}
	l.alive(t)
	l.AssertRefreshes(t, 2)
}

// TestPrograms_server: a server with a client for each request refreshes once for all of them.
func TestPrograms_server(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	server, url := l.start(t, "server")
	for range 3 {
		l.ExpireAccess()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					t.Error(resp.Status)
				}
			})
		}
		all.Wait()
	}
	l.AssertRefreshes(t, 3)
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_, _ = server.rest()
	l.alive(t)
}

// signals end a program that does not handle them.
func signals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM, os.Kill} }

// TestPrograms_serviceEnded: a service that closes nothing and handles no signals is ended at
// random instants, while it refreshes all the time. A server with a grace period forgives that.
func TestPrograms_serviceEnded(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{AccessTTL: 300 * time.Millisecond, ReuseGrace: time.Hour, GraceMints: true})
	l.DelayRefresh(30 * time.Millisecond)
	for n := range 12 {
		service, _ := l.start(t, "service")
		<-time.After(rand.N(600 * time.Millisecond))
		_ = service.Process.Signal(signals()[n%3])
		if out, _ := service.rest(); strings.Contains(out, "login required") {
			t.Fatalf("%s\n%v", out, l.Timeline())
		}
	}
	if err := l.Reconfigure(func(c *authtest.Config) { c.AccessTTL = time.Hour }); err != nil {
		t.Fatal(err)
	}
	if out, _ := l.run(t, "command"); out != "status 200\n" {
		t.Errorf("the next program: %s\n%v", out, l.Timeline())
	}
	l.AssertSessions(t, 1)
}

// TestPrograms_serviceEndedStrict: at a server without grace such a service loses its session only
// if it is ended in the one window that no program can close: the server has spent the refresh
// token, and the program ends before it has saved the new one.
func TestPrograms_serviceEndedStrict(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	for _, signal := range signals() {
		// Before the server has seen the refresh, nothing is lost.
		service, _ := l.start(t, "service")
		if got := service.line(); got != "status 200" {
			t.Fatal(got)
		}
		_ = service.Process.Signal(signal)
		_, _ = service.rest()
		l.alive(t)

		// In the window.
		l.ExpireAccess()
		before := l.Stats()
		release := l.HoldRefresh()
		service, _ = l.start(t, "service")
		if err := l.Wait(t.Context(), func(s authtest.Stats) bool { return s.Rotations > before.Rotations }); err != nil {
			t.Fatal(err)
		}
		_ = service.Process.Signal(signal)
		_, _ = service.rest()
		release()
		out, code := l.run(t, "command")
		if code != 0 || !strings.Contains(out, "login required: the server ended the session") || l.Stats().Reuses != before.Reuses+1 {
			t.Errorf("%v: %d %s\n%v", signal, code, out, l.Timeline())
		}
		l.Close()
		l = newLab(t, authtest.Config{})
	}
}

// TestPrograms_closing: a service that handles signals and closes its store, though it has
// forgotten its session, loses nothing, at a server without grace: the store waits for the save.
func TestPrograms_closing(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		l.ExpireAccess()
		before := l.Stats().Rotations
		release := l.HoldRefresh()
		service, _ := l.start(t, "closing")
		if err := l.Wait(t.Context(), func(s authtest.Stats) bool { return s.Rotations > before }); err != nil {
			t.Fatal(err)
		}
		if err := service.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if got := service.line(); !strings.Contains(got, "failed:") { // the request has given up
			t.Errorf("got %q", got)
		}
		release()
		if out, err := service.rest(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		l.alive(t)
	}
	if err := l.Reconfigure(func(c *authtest.Config) { c.AccessTTL = 300 * time.Millisecond }); err != nil {
		t.Fatal(err)
	}
	l.ExpireAccess()
	for range 8 { // at random instants, while it refreshes all the time
		service, _ := l.start(t, "closing")
		timer := time.AfterFunc(rand.N(600*time.Millisecond), func() { _ = service.Process.Signal(syscall.SIGTERM) })
		out, err := service.rest()
		timer.Stop()
		if err != nil || strings.Contains(out, "login required") {
			t.Fatalf("%v\n%s\n%v", err, out, l.Timeline())
		}
	}
	if err := l.Reconfigure(func(c *authtest.Config) { c.AccessTTL = time.Hour }); err != nil {
		t.Fatal(err)
	}
	l.ExpireAccess()
	l.alive(t)
}
