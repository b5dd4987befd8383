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
	epoch   epoch
	failure *failure
	unsaved bool         // the store does not have it yet
	proven  *atomic.Bool // the server has accepted the token
}

// failure is a refresh that failed.
type failure struct {
	err   *RefreshError
	at    time.Time
	count int // in a row
}

func newSession(r *record, epoch epoch, window time.Duration) *session {
	s := &session{
		record: r, epoch: epoch, proven: new(atomic.Bool),
		header: []string{r.scheme() + " " + r.AccessToken},
	}
	s.expiresAt = r.Expiry.Round(0) // without the monotonic reading, so that time asleep counts
	if r.AccessToken == "" {
		s.expiresAt = r.Obtained
	}
	if r.Generation > 1 && !s.expiresAt.After(r.Obtained) {
		s.expiresAt = time.Time{} // a new token that has expired already says more about a clock than about the token
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

func signedOut(reason Reason, epoch epoch) *session { return &session{reason: reason, epoch: epoch} }

func (s *session) signedIn() bool { return s.record != nil }

// epoch orders the logins and logouts of this process.
type epoch struct {
	changes uint64 // logins and logouts
	logouts uint64
}

// continues tells whether a request signed with old may be sent again with s: they are of one user. A Login without
// a Logout before it renews the session of the same user, unless the tokens say otherwise.
func (s *session) continues(old *session) bool {
	switch {
	case s.Session == old.Session || sameSubject(s.AccessToken, old.AccessToken):
		return true
	case otherSubject(s.AccessToken, old.AccessToken):
		return false
	default:
		return s.epoch.logouts == old.epoch.logouts
	}
}

// succeeds tells whether s holds another token than old, or none any more.
func (s *session) succeeds(old *session) bool {
	if !s.signedIn() || !old.signedIn() {
		return s != old
	}
	return s.Session != old.Session || s.Generation != old.Generation
}

func (s *session) expired(now time.Time) bool {
	return !s.expiresAt.IsZero() && !now.Before(s.expiresAt)
}

func (s *session) due(now time.Time) bool { return !s.refreshAt.IsZero() && !now.Before(s.refreshAt) }

// failed returns the session after one more failed refresh.
func (s *session) failed(err *RefreshError, now time.Time) *session {
	n := *s
	n.failure = &failure{err: err, at: now, count: 1}
	if s.failure != nil {
		n.failure.count += s.failure.count
	}
	return &n
}

const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// backoff is how long a request that needs the refresh is refused after the failure: as long as the server asked, or
// twice as long each time, beginning with the second failure.
func (f *failure) backoff() time.Duration {
	if f.err.RetryAfter > 0 {
		return f.err.RetryAfter
	}
	if f.count < 2 {
		return 0
	}
	return min(firstBackoff<<min(f.count-2, 10), maxBackoff)
}

// rest is how much of the backoff is left.
func (f *failure) rest(now time.Time) time.Duration { return f.backoff() - now.Sub(f.at) }

// eagerRest is how much is left of the longer wait before the next refresh ahead of time, which nobody waits for.
func (f *failure) eagerRest(now time.Time) time.Duration {
	return max(f.backoff(), maxBackoff) - now.Sub(f.at)
}
