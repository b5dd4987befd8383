package authtest

import (
	"fmt"
	"testing"
)

// ExpireAccess makes every access token issued so far expire. The refresh tokens stay valid.
func (s *Server) ExpireAccess() {
	s.mu.Lock()
	defer s.unlock()
	n := len(s.tokens.access)
	s.tokens.forget(func(accessToken) bool { return true })
	s.record(Event{Kind: EventExpire, Note: fmt.Sprintf("%d access tokens", n)}, nil)
}

// Revoke ends every session of the user: its access tokens and refresh tokens are refused from now
// on, as after a change of password.
func (s *Server) Revoke(user string) {
	s.revokeUser(user, func(f *family) bool { return f.user == user })
}

// RevokeAll ends every session of everyone.
func (s *Server) RevokeAll() { s.revokeUser("", func(*family) bool { return true }) }

func (s *Server) revokeUser(user string, match func(*family) bool) {
	s.mu.Lock()
	defer s.unlock()
	n := s.tokens.revokeAll(match)
	s.record(Event{Kind: EventRevoke, User: user, Note: fmt.Sprintf("%d sessions", n)},
		func(st *Stats) { st.RevokedSessions += n })
}

// AssertRefreshes fails the test, and goes on, if the server has not received exactly n refresh
// requests, of both dialects together, whatever its responses. The message holds the timeline.
func (s *Server) AssertRefreshes(tb testing.TB, n int) {
	tb.Helper()
	if got := s.Stats().Refreshes; got != n {
		tb.Errorf("authtest: the server received %d refresh requests, want %d\n%s", got, n, s.Timeline())
	}
}

// AssertNoReuse fails the test, and goes on, if a spent refresh token was presented. The
// message holds the timeline.
func (s *Server) AssertNoReuse(tb testing.TB) {
	tb.Helper()
	if got := s.Stats().Reuses; got != 0 {
		tb.Errorf("authtest: %d refresh tokens were presented after they were spent, want none\n%s", got, s.Timeline())
	}
}

// AssertNoLeak fails the test, and goes on, if the [Foreign] origin has seen a
// credential. The message holds the timeline.
func (s *Server) AssertNoLeak(tb testing.TB) {
	tb.Helper()
	if leaks := s.foreign.Leaks(); len(leaks) != 0 {
		tb.Errorf("authtest: the foreign origin saw credentials: %v\n%s", leaks, s.Timeline())
	}
}

// AssertSessions fails the test, and goes on, if not exactly n sessions are alive, that is,
// hold a valid refresh token. The message holds the timeline.
func (s *Server) AssertSessions(tb testing.TB, n int) {
	tb.Helper()
	if got := s.Stats().Sessions; got != n {
		tb.Errorf("authtest: %d sessions are alive, want %d\n%s", got, n, s.Timeline())
	}
}
