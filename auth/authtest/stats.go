package authtest

import (
	"context"
	"time"
)

// Stats are the counters of a [Server] since its start.
type Stats struct {
	Logins          int `json:"logins"`           // sessions opened by a password; Server.Issue does not count
	Refreshes       int `json:"refreshes"`        // refresh requests that arrived, whatever became of them
	Rotations       int `json:"rotations"`        // refresh requests that were granted
	Refusals        int `json:"refusals"`         // refresh requests whose token was not valid, reuses included
	Reuses          int `json:"reuses"`           // refresh requests with a token that was spent before
	Revocations     int `json:"revocations"`      // requests to /oauth/revoke, /oauth/logout and /auth/logout
	RevokedSessions int `json:"revoked_sessions"` // sessions ended before their time, for whatever reason
	Sessions        int `json:"sessions"`         // sessions that are alive now
	APICalls        int `json:"api_calls"`        // requests to the API that arrived
	Unauthorized    int `json:"unauthorized"`     // API calls refused for lack of a valid access token, whatever the status
	NonceChallenges int `json:"nonce_challenges"` // requests that were asked for another DPoP nonce; they count as nothing else
	ForeignRequests int `json:"foreign_requests"` // requests that the foreign origin received
	ForeignTokens   int `json:"foreign_tokens"`   // those among them that carried a credential
}

// Stats returns the counters as they stand.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statsLocked()
}

func (s *Server) statsLocked() Stats {
	st := s.stats
	st.Sessions = s.tokens.alive(s.clock())
	return st
}

// Wait blocks until the counters satisfy the condition, for example until a refresh that
// [Server.HoldRefresh] holds has arrived. It returns the error of ctx if that ends first.
// The condition is called with the server locked: it must not call its methods.
func (s *Server) Wait(ctx context.Context, condition func(Stats) bool) error {
	for {
		changed := s.await(condition)
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// await returns nil if the condition holds, otherwise a channel that is closed at the next change.
func (s *Server) await(condition func(Stats) bool) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if condition(s.statsLocked()) {
		return nil
	}
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// Timeline returns a copy of the events so far: all of them, or at least the last 10,000.
func (s *Server) Timeline() Timeline {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(Timeline(nil), s.events...)
}

// record adds an event and changes the counters. The caller holds the lock, and releases it with
// unlock.
func (s *Server) record(e Event, count func(*Stats)) {
	e.Time, e.Path = time.Now(), printable(s.tokens.mask(e.Path))
	e.Method, e.User, e.Note = printable(e.Method), printable(e.User), printable(e.Note)
	if count != nil {
		count(&s.stats)
	}
	const keep = 10_000
	if s.events = append(s.events, e); len(s.events) >= 2*keep {
		s.events = append(Timeline(nil), s.events[keep:]...)
	}
	s.pending = append(s.pending, e)
	s.dirty = true
}

// count changes the counters without an event. The caller holds the lock.
func (s *Server) count(change func(*Stats)) {
	change(&s.stats)
	s.dirty = true
}

// unlock releases the lock, wakes up Wait and reports events to OnEvent.
func (s *Server) unlock() {
	pending, onEvent := s.pending, s.cfg.OnEvent
	s.pending = nil
	if s.dirty && s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	s.dirty = false
	s.mu.Unlock()
	if onEvent == nil {
		return
	}
	for i := range pending {
		onEvent(pending[i])
	}
}
