//go:build unix

package main_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestPrograms_endAnyhow: whatever a program does with its session, an expired token costs one
// refresh, and the next program finds the session.
func TestPrograms_endAnyhow(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		prepare func(*lab)
		out     map[string]int // how often it prints what
		code    int
	}{
		"command":  {out: map[string]int{"status 200": 1}},
		"fatal":    {out: map[string]int{"status 200": 1}, code: 1},
		"forks":    {out: map[string]int{"status 200": 6}},
		"canceled": {out: map[string]int{"status 200": 1}},
		"clients":  {out: map[string]int{"status 200": 30}},
		"retries": {
			prepare: func(l *lab) { l.FailAPI(2, http.StatusServiceUnavailable, nil, "") },
			out:     map[string]int{"status 200": 1},
		},
		"hooks":  {out: map[string]int{"status 200": 2, "status 401": 1}},
		"stream": {out: map[string]int{"status 200 1000000 <nil>": 11, "no goroutine is left": 1}},
		"upload": {out: map[string]int{"status 200": 2, "the same: true": 2}},
		"panics": {out: map[string]int{"status 200": 4}, code: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, authtest.Config{})
			l.ExpireAccess()
			if want.prepare != nil {
				want.prepare(l)
			}
			out, code := l.run(t, name)
			for text, n := range want.out {
				if got := strings.Count(out, text+"\n"); got != n {
					t.Errorf("printed %q %d times, want %d", text, got, n)
				}
			}
			if code != want.code || strings.Contains(out, "failed:") {
				t.Errorf("exit code %d", code)
			}
			l.AssertRefreshes(t, 1)
			if t.Failed() {
				t.Logf("%s\n%v", out, l.Timeline())
			}
			l.alive(t)
		})
	}
}

// TestPrograms_everySecond: a command that cron starts again and again, twenty at once, with tokens
// that live a second.
func TestPrograms_everySecond(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{AccessTTL: time.Second})
	for range 5 {
		l.ExpireAccess()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				// On a busy machine a token may have expired before it is used; that is a 401.
				if out, code := l.run(t, "command"); code != 0 || strings.Contains(out, "login required") {
					t.Errorf("%d: %s", code, out)
				}
			})
		}
		all.Wait()
	}
	if s := l.Stats(); s.Refreshes != s.Rotations || s.Rotations == 0 {
		t.Errorf("%d refreshes, %d granted\n%v", s.Refreshes, s.Rotations, l.Timeline())
	}
	configure(t, l, func(c *authtest.Config) { c.AccessTTL = time.Hour })
	l.ExpireAccess()
	l.alive(t)
}

// TestPrograms_together: many different programs share one session at once, with tokens that live a
// second.
func TestPrograms_together(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{AccessTTL: time.Second})
	l.env = append(l.env, "STRANGER="+l.Foreign().URL+"/me")
	server, _ := l.start(t, "server")
	var all sync.WaitGroup
	for _, name := range []string{"command", "forks", "canceled", "clients", "retries", "hooks", "upload", "stranger"} {
		all.Go(func() {
			for range 6 {
				// Timing depends on the machine, so only the session is asserted: it must survive.
				if out, code := l.run(t, name); code != 0 || strings.Contains(out, "login required") {
					t.Errorf("%s: %d %s", name, code, out)
				}
			}
		})
	}
	all.Wait()
	_ = server.Process.Kill()
	_, _ = server.rest()
	l.AssertNoLeak(t)
	configure(t, l, func(c *authtest.Config) { c.AccessTTL = time.Hour })
	l.ExpireAccess()
	l.alive(t)
}

// TestPrograms_anotherProgram: a service notices that another program has logged out, and signed in
// again, as the same user or as another.
func TestPrograms_anotherProgram(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{Users: authtest.Secrets{"alice": "wonderland", "bob": "wonderland"}})
	service, _ := l.start(t, "lambda")
	next := func(want string) {
		t.Helper()
		if _, err := service.stdin.Write([]byte("event\n")); err != nil {
			t.Fatal(err)
		}
		if got := service.line(); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	next("status 200")
	if out, code := l.run(t, "logout"); code != 0 {
		t.Fatal(out)
	}
	l.RevokeAll()
	next("login required: the session was ended elsewhere")
	next("login required")
	l.signIn(t)
	next("status 200")
	l.env = append(l.env, "USER_NAME=bob")
	l.signIn(t)
	l.ExpireAccess()
	next("login required: another login replaced the session")
	next("login required: another login replaced the session")
	if out, _ := l.run(t, "command"); out != "status 200\n" {
		t.Errorf("bob's next program: %s", out)
	}
	l.AssertNoReuse(t)
}
