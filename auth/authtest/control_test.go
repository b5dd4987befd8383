package authtest_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func control(t *testing.T, s *authtest.Server, want int, path string) *answer {
	t.Helper()
	return call(t, s, want, http.MethodPost, "/_control/"+path, "", nil)
}

func TestControl_expire_and_revoke(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Control: true})
	p, q := s.Issue("bob"), s.Issue("carol")
	control(t, s, http.StatusNoContent, "expire")
	me(t, s, http.StatusUnauthorized, p.AccessToken)
	control(t, s, http.StatusNoContent, "revoke?user=bob")
	refresh(t, s, http.StatusUnauthorized, p.RefreshToken)
	a := refresh(t, s, http.StatusCreated, q.RefreshToken)
	control(t, s, http.StatusNoContent, "revoke")
	refresh(t, s, http.StatusUnauthorized, a.member(t, "refreshToken"))
}

func TestControl_faults(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Control: true})
	p := s.Issue("bob")
	control(t, s, http.StatusNoContent, "fail?n=1&status=429&retry-after=3&body=slow")
	if a := refresh(t, s, http.StatusTooManyRequests, p.RefreshToken); a.header.Get("Retry-After") != "3" || a.body != "slow" {
		t.Errorf("%v %s", a.header, a.body)
	}
	control(t, s, http.StatusNoContent, "fail")
	refresh(t, s, http.StatusServiceUnavailable, p.RefreshToken)
	control(t, s, http.StatusNoContent, "fail?target=api&status=500")
	me(t, s, http.StatusInternalServerError, p.AccessToken)
	control(t, s, http.StatusNoContent, "drop")
	r := request(t.Context(), t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+p.RefreshToken+`"}`, nil)
	if a, err := try(s, r); err == nil {
		t.Errorf("answered %d", a.status)
	}
	for _, path := range []string{"fail?n=x", "fail?status=x", "fail?target=moon", "drop?n=x", "delay?ms=x", "set?access-ttl=x", "set?moon=1"} {
		if m := control(t, s, http.StatusBadRequest, path).member(t, "message"); !strings.HasPrefix(m, "authtest: ") {
			t.Errorf("%s: %s", path, m)
		}
	}
}

func TestControl_delay_and_hold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{Control: true, Rotation: authtest.RepeatRefreshToken})
		p := s.Issue("bob")
		control(t, s, http.StatusNoContent, "delay?ms=1500")
		begin := time.Now()
		refresh(t, s, http.StatusCreated, p.RefreshToken)
		if d := time.Since(begin); d != 1500*time.Millisecond {
			t.Errorf("answered after %v", d)
		}
		control(t, s, http.StatusNoContent, "delay")
		control(t, s, http.StatusNoContent, "hold")
		begin = time.Now()
		released := make(chan struct{})
		go func() {
			defer close(released)
			elapse(time.Minute)
			_, err := try(s, request(t.Context(), t, s, http.MethodPost, "/_control/release", "", nil))
			if err != nil {
				t.Error(err)
			}
		}()
		refresh(t, s, http.StatusCreated, p.RefreshToken)
		if d := time.Since(begin); d != time.Minute {
			t.Errorf("answered after %v", d)
		}
		<-released
	})
}

func TestControl_set_is_all_or_nothing(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Control: true})
	settings := func() map[string]any {
		return call(t, s, http.StatusOK, http.MethodGet, "/_control/settings", "", nil).object(t)
	}
	control(t, s, http.StatusNoContent, "set?access-ttl=2s&expired-status=403&omit-challenge=true")
	if got := settings(); got["access-ttl"] != "2s" || got["expired-status"] != "403" || got["omit-challenge"] != "true" {
		t.Errorf("%v", got)
	}
	control(t, s, http.StatusBadRequest, "set?access-ttl=9s&expired-status=blue")
	control(t, s, http.StatusBadRequest, "set?access-ttl=9s&expired-status=999")
	if got := settings()["access-ttl"]; got != "2s" {
		t.Errorf("access-ttl %v", got)
	}
}

func TestControl_reads(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{Control: true})
	s.Issue("bob")
	a := call(t, s, http.StatusOK, http.MethodGet, "/_control/stats", "", nil)
	if m := a.object(t); m["sessions"] != 1.0 || m["refreshes"] != 0.0 {
		t.Errorf("%v", m)
	}
	a = call(t, s, http.StatusOK, http.MethodGet, "/_control/timeline", "", nil)
	if !strings.Contains(a.body, "issue    s1 bob") || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%v %s", a.header, a.body)
	}
}
