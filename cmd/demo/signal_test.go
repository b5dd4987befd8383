package main

import (
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// These tests end processes that hold a session, by real signals. What is claimed:
//
//   - An interrupt never costs the session, at whatever instant.
//   - Neither does kill -9, but for one window that no client can close: the server has rotated the refresh token, and the process
//     is killed before it has saved the new one. A strict server takes the next use of the old one for theft.
//   - A server with a grace period for the old token, as Auth0, Okta and Supabase have it, closes that window, too.

// A moment is when a process is ended: so long after an event at the server, or after a share of
// the time a command takes.
type moment struct {
	event authtest.EventKind
	after time.Duration
	share float64
}

func moments() []moment {
	all := []moment{
		{event: authtest.EventDeny},
		{event: authtest.EventDeny, after: time.Millisecond},
		{event: authtest.EventRefresh},
		{event: authtest.EventRotate},
		{event: authtest.EventRotate, after: time.Millisecond},
		{event: authtest.EventRotate, after: 2 * time.Millisecond},
		{event: authtest.EventRotate, after: 5 * time.Millisecond},
		{event: authtest.EventRotate, after: 10 * time.Millisecond},
		{event: authtest.EventAPI},
		{share: 0.1},
		{share: 0.3},
		{share: 0.5},
		{share: 0.7},
		{share: 0.9},
	}
	if raceEnabled { // opening the keyring costs a hash that the race detector makes ten times slower
		return []moment{all[3], all[5], all[11]}
	}
	return all
}

// atManyInstants starts `demo get` with an expired token for each moment, ends it then, and calls
// then.
func atManyInstants(t *testing.T, config authtest.Config, end func(*exec.Cmd), then func(*lab, moment)) *lab {
	t.Helper()
	events := make(chan authtest.EventKind, 10_000)
	config.OnEvent = func(e authtest.Event) { events <- e.Kind }
	l := newLab(t, config)
	l.signIn(t)
	begin := time.Now()
	l.want(t, exitOK, l.demo(t, "get", "/me"))
	whole := time.Since(begin)
	ended := 0
	for _, m := range moments() {
		l.server.ExpireAccess()
		for len(events) > 0 {
			<-events
		}
		cmd := l.demo(t, "get", "/me")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		var group sync.WaitGroup
		group.Go(func() {
			if m.wait(events, whole, done) {
				end(cmd)
			}
		})
		if cmd.Wait() != nil {
			ended++
		}
		close(done)
		group.Wait()
		then(l, m)
	}
	if ended < len(moments())/2 {
		t.Errorf("only %d of %d processes were ended before they were done", ended, len(moments()))
	}
	return l
}

// wait reports whether the moment has come before the process was done.
func (m moment) wait(events <-chan authtest.EventKind, whole time.Duration, done <-chan struct{}) bool {
	for m.event != "" {
		select {
		case kind := <-events:
			if kind == m.event {
				m.event = ""
			}
		case <-done:
			return false
		}
	}
	select {
	case <-time.After(m.after + time.Duration(m.share*float64(whole))):
		return true
	case <-done:
		return false
	}
}

// goesOn runs `demo get`, which must still have its session.
func goesOn(t *testing.T) func(*lab, moment) {
	t.Helper()
	return func(l *lab, m moment) {
		t.Helper()
		if out, err := l.demo(t, "get", "/me").CombinedOutput(); err != nil {
			t.Fatalf("after %+v: %v\n%s%v", m, err, out, l.server.Timeline())
		}
	}
}

// TestInterrupt_get interrupts `demo get` at many instants, at a server without grace.
func TestInterrupt_get(t *testing.T) {
	t.Parallel()
	l := atManyInstants(t, authtest.Config{}, func(cmd *exec.Cmd) { _ = interrupt(cmd.Process) }, goesOn(t))
	l.server.AssertNoReuse(t)
	if n := l.server.Stats().Logins; n != 1 {
		t.Errorf("%d logins", n)
	}
}

// TestKill_get kills `demo get` at many instants, at a server with grace.
func TestKill_get(t *testing.T) {
	t.Parallel()
	l := atManyInstants(t, authtest.Config{ReuseGrace: time.Minute}, kill, goesOn(t))
	if n := l.server.Stats().Logins; n != 1 {
		t.Errorf("%d logins", n)
	}
}

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// TestKill_getStrict kills `demo get` at many instants, at a server without grace: a session that
// is lost was lost in the window.
func TestKill_getStrict(t *testing.T) {
	t.Parallel()
	var before authtest.Stats
	lost := 0
	atManyInstants(t, authtest.Config{}, kill, func(l *lab, m moment) {
		killed := l.server.Stats()
		out, err := l.demo(t, "get", "/me").CombinedOutput()
		after := l.server.Stats()
		switch code := codeOf(t, err); {
		case code == exitOK && after.Reuses == before.Reuses:
		case code == exitLogin && killed.Rotations == before.Rotations+1 && after.Reuses == before.Reuses+1:
			lost++
			l.signIn(t)
		default:
			t.Fatalf("after %+v: exit code %d\n%s%v", m, code, out, l.server.Timeline())
		}
		before = l.server.Stats()
	})
	t.Logf("%d of %d sessions were lost in the window", lost, len(moments()))
}

// TestKill_window kills `demo get` in the window, while the server keeps the answer to the refresh
// back.
func TestKill_window(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grace time.Duration
		code  int
	}{
		"strict":     {0, exitLogin},
		"with grace": {time.Minute, exitOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, authtest.Config{ReuseGrace: c.grace})
			l.signIn(t)
			cmd, release := l.refreshing(t)
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // it was killed
			release()
			l.want(t, c.code, l.demo(t, "get", "/me"))
		})
	}
}

// TestKill_beforeRefresh kills `demo get` while the server has not yet refused its token.
func TestKill_beforeRefresh(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.signIn(t)
	release := l.server.HoldAPI(1)
	l.server.ExpireAccess()
	cmd := l.demo(t, "get", "/me")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := l.server.Wait(t.Context(), func(s authtest.Stats) bool { return s.APICalls == 1 }); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	release()
	l.want(t, exitOK, l.demo(t, "get", "/me"))
	l.server.AssertNoReuse(t)
}

// refreshing starts `demo get` with an expired token, and returns when the server has refreshed it
// and keeps the answer back.
func (l *lab) refreshing(t *testing.T) (cmd *exec.Cmd, release func()) {
	t.Helper()
	l.server.ExpireAccess()
	release = l.server.HoldRefresh()
	before := l.server.Stats().Rotations
	cmd = l.demo(t, "get", "/me")
	cmd.Stderr = newWatch()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := l.server.Wait(t.Context(), func(s authtest.Stats) bool { return s.Rotations > before }); err != nil {
		t.Fatal(err)
	}
	return cmd, release
}

// TestInterrupt_window interrupts `demo get` in the window: it waits for the answer, saves, and
// ends.
func TestInterrupt_window(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.signIn(t)
	cmd, release := l.refreshing(t)
	if err := interrupt(cmd.Process); err != nil {
		t.Fatal(err)
	}
	cmd.Stderr.(*watch).await(t, "so that the session stays intact")
	release()
	if code := codeOf(t, cmd.Wait()); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	l.want(t, exitOK, l.demo(t, "get", "/me"))
	l.server.AssertNoReuse(t)
	l.server.AssertRefreshes(t, 1)
}

// TestInterrupt_twice ends the program although the answer has not come.
func TestInterrupt_twice(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.signIn(t)
	cmd, release := l.refreshing(t)
	defer release()
	if err := interrupt(cmd.Process); err != nil {
		t.Fatal(err)
	}
	cmd.Stderr.(*watch).await(t, "Ctrl-C again")
	if err := interrupt(cmd.Process); err != nil {
		t.Fatal(err)
	}
	if code := codeOf(t, cmd.Wait()); code != interruptedTwice {
		t.Errorf("exit code %d, want %d", code, interruptedTwice)
	}
}

// TestPipe_closed: a reader that closes the pipe early is not a failure, and no signal ends a process that
// holds a session.
func TestPipe_closed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("this system has no SIGPIPE")
	}
	l := newLab(t, authtest.Config{})
	cmd := l.demo(t, "get", "/bytes/50000000", "--base-url", l.server.URL)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	_ = out.Close()
	if code := codeOf(t, cmd.Wait()); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
