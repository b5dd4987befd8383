//go:build unix

package main_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestPrograms_trouble: whatever is wrong with the server, the network, the disk or the keyring,
// the program says that it is for now, and the next one has its session.
func TestPrograms_trouble(t *testing.T) {
	t.Parallel()
	html := http.Header{"Content-Type": {"text/html"}}
	kept := "refresh failed, the session is kept"
	for name, c := range map[string]struct {
		begin, end func(*lab)
		says       string
		tries      int // of a refresh
	}{
		"503":  {func(l *lab) { l.FailRefresh(1, http.StatusServiceUnavailable, nil, "") }, nil, kept, 1},
		"page": {func(l *lab) { l.FailRefresh(1, http.StatusForbidden, html, "<html>blocked</html>") }, nil, kept, 1},
		"rate": {func(l *lab) { l.FailRefresh(1, http.StatusForbidden, http.Header{"X-Ratelimit-Remaining": {"0"}}, "") }, nil, kept, 1},
		"redirect": {
			func(l *lab) { configure(t, l, func(c *authtest.Config) { c.TokenRedirect = l.Foreign().URL }) },
			func(l *lab) { configure(t, l, func(c *authtest.Config) { c.TokenRedirect = "" }) }, kept, 1,
		},
		"the keyring": {
			func(l *lab) { l.env = append(l.env, "SESSION_KEY=ffeeddccbbaa99887766554433221100") },
			func(l *lab) { l.env = l.env[:len(l.env)-1] }, "wrong passphrase; nothing has been changed", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, authtest.Config{})
			l.ExpireAccess()
			c.begin(l)
			if out, _ := l.run(t, "command"); !strings.Contains(out, c.says) || strings.Contains(out, "login required") {
				t.Errorf("says %s", out)
			}
			l.AssertRefreshes(t, c.tries)
			if c.end != nil {
				c.end(l)
			}
			l.alive(t)
			l.AssertNoLeak(t)
		})
	}
}

func configure(t *testing.T, l *lab, change func(*authtest.Config)) {
	t.Helper()
	if err := l.Reconfigure(change); err != nil {
		t.Error(err)
	}
}

// TestPrograms_fullDisk: a store that cannot write says so before the refresh token is spent.
func TestPrograms_fullDisk(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.ExpireAccess()
	cmd := l.command(t, "command")
	limited := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 0; exec "$0" command`, executable)
	limited.Env = cmd.Env
	out, _ := limited.CombinedOutput()
	if !strings.Contains(string(out), "refresh failed, the session is kept") || !strings.Contains(string(out), "check the disk") {
		t.Errorf("says %s", out)
	}
	l.AssertRefreshes(t, 0)
	l.alive(t)
}

// TestPrograms_askedToWait: a server that asked one program to wait is not asked by the next.
func TestPrograms_askedToWait(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.ExpireAccess()
	l.FailRefresh(1, http.StatusTooManyRequests, http.Header{"Retry-After": {"3000"}}, "")
	for range 3 {
		if out, _ := l.run(t, "command"); !strings.Contains(out, "try again in") || strings.Contains(out, "login required") {
			t.Errorf("says %s", out)
		}
	}
	l.AssertRefreshes(t, 1)
	l.AssertSessions(t, 1)
}

// TestPrograms_revoked: when the server has ended the session, every program says so, and a new
// login is all it takes.
func TestPrograms_revoked(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.RevokeAll()
	for _, why := range []string{"the server ended the session", "not signed in"} {
		if out, _ := l.run(t, "command"); !strings.Contains(out, "login required: "+why) {
			t.Errorf("says %s", out)
		}
	}
	l.signIn(t)
	l.alive(t)
}

// TestPrograms_logout works without the server, and leaves nothing.
func TestPrograms_logout(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.Close()
	if out, code := l.run(t, "logout"); code != 0 || !strings.Contains(out, "signed out") {
		t.Errorf("%d %s", code, out)
	}
	if out, _ := l.run(t, "logout"); !strings.Contains(out, "signed out") {
		t.Errorf("again: %s", out)
	}
}

// TestPrograms_stranger: a redirect to another server does not take the token there.
func TestPrograms_stranger(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.env = append(l.env, "STRANGER="+l.Foreign().URL+"/me")
	if out, _ := l.run(t, "stranger"); !strings.HasPrefix(out, "status ") || l.Stats().ForeignRequests == 0 {
		t.Errorf("says %s", out)
	}
	l.AssertNoLeak(t)
	l.alive(t)
}

// TestPrograms_forms: responses of the token endpoint in many forms.
func TestPrograms_forms(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	for _, form := range []authtest.ExpiresIn{
		authtest.ExpiresInSeconds, authtest.ExpiresInString, authtest.ExpiresInAbsent, authtest.ExpiresInNull, authtest.ExpiresInHuge,
	} {
		for _, status := range []int{http.StatusOK, http.StatusCreated} {
			configure(t, l, func(c *authtest.Config) { c.ExpiresIn, c.RefreshStatus = form, status })
			l.ExpireAccess()
			l.alive(t)
		}
	}
	l.AssertRefreshes(t, 10)
}
