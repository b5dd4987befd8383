package authtest

import "testing"

// AssertRefreshes fails the test, and goes on, if the server has not received exactly n refresh
// requests, of both dialects together, whatever it answered. The message holds the timeline.
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
// hold a refresh token that is good. The message holds the timeline.
func (s *Server) AssertSessions(tb testing.TB, n int) {
	tb.Helper()
	if got := s.Stats().Sessions; got != n {
		tb.Errorf("authtest: %d sessions are alive, want %d\n%s", got, n, s.Timeline())
	}
}
