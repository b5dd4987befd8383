package auth

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// session is what the interceptor knows at one moment: a token and what became of the attempts to refresh it. It is
// immutable, but for proven, and its address is what a request remembers of the token that signed it.
//
// A session without a record is "signed out".
type session struct {
	*record

	header    []string  // value of the Authorization header, shared by all requests
	refreshAt time.Time // from here on it is refreshed ahead of time; zero: never
	expiresAt time.Time // from here on requests wait for a refresh; zero: not known

	reason  Reason // of a session that is signed out
	ended   string // the session that was signed out
	epoch   epoch
	failure *failure     // the last refresh of this token, if it failed
	proven  *atomic.Bool // the server has accepted the token
	loaded  bool         // it came from the store, and may be as old as one that was just refused
}

func newSession(r *record, epoch epoch, window time.Duration) *session {
	s := &session{
		record: r, epoch: epoch, proven: new(atomic.Bool),
		header: []string{r.scheme() + " " + r.AccessToken},
	}
	s.expiresAt = r.Expiry
	if r.AccessToken == "" {
		s.expiresAt = r.Obtained
	}
	if s.expiresAt.IsZero() {
		return s
	}
	// A token that lives shorter than the window must not be refreshed for every request.
	window = min(window, max(s.expiresAt.Sub(r.Obtained)/5, 0))
	s.refreshAt = s.expiresAt.Add(-window)
	if window > 0 {
		s.refreshAt = s.refreshAt.Add(rand.N(window/5 + 1)) // many processes share the session
	}
	return s
}

func signedOut(reason Reason, epoch epoch, ended string) *session {
	return &session{reason: reason, epoch: epoch, ended: ended}
}

func (s *session) signedIn() bool { return s.record != nil }

// last names the session that there is, or was before it was signed out; "" if none is known.
func (s *session) last() string {
	switch {
	case s == nil:
		return ""
	case s.signedIn():
		return s.Session
	default:
		return s.ended
	}
}

// continues tells whether a request signed with old may be sent again with s: they are of one user. A Login on top of
// a session renews it for the same user, unless the tokens say otherwise.
func (s *session) continues(old *session) bool {
	switch {
	case s.Session == old.Session || sameSubject(s.AccessToken, old.AccessToken):
		return true
	case otherSubject(s.AccessToken, old.AccessToken):
		return false
	default:
		return s.epoch.ends == old.epoch.ends
	}
}

// succeeds tells whether s holds another token than old, or none any more.
func (s *session) succeeds(old *session) bool {
	if !s.signedIn() || !old.signedIn() {
		return s != old
	}
	return s.Session != old.Session || s.Generation != old.Generation
}

// instead returns s for a request that was signed with old, which has been replaced, or why it must not be sent again.
func (s *session) instead(old *session) (*session, error) {
	switch {
	case !s.signedIn():
		return nil, &LoginRequiredError{Reason: s.reason}
	case !s.continues(old):
		return nil, &LoginRequiredError{Reason: ReasonReplaced}
	default:
		return s, nil
	}
}

func (s *session) expired(now time.Time) bool {
	return !s.expiresAt.IsZero() && !now.Before(s.expiresAt)
}

func (s *session) due(now time.Time) bool { return !s.refreshAt.IsZero() && !now.Before(s.refreshAt) }

// failed returns the session after one more failed refresh.
func (s *session) failed(err *RefreshError, now time.Time) *session {
	n := *s
	n.failure = &failure{err: err, at: now.Round(0), count: 1}
	if s.failure != nil {
		n.failure.count += s.failure.count
	}
	return &n
}
