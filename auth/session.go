package auth

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// session is what the interceptor knows at one moment: a token and how the attempts to refresh it
// went. A session without a record is signed out.
//
// It never changes after it was published, except for its marks. Whatever happens to a session
// makes a new one, so a request may keep the session that signed it and compare it later.
//
// There is one way to name a session: record.Session names the login, record.Generation counts its
// tokens. Both are stored, so the name means the same in every process.
type session struct {
	*record.Record

	header    []string      // value of the Authorization header, shared by all requests
	refreshAt time.Time     // from here on it is refreshed ahead of time; zero: never
	window    time.Duration // how long before its expiry it is refreshed
	expiresAt time.Time     // from here on requests wait for a refresh; zero: not known

	// user is the name of the first of several logins in this process with no logout in between. A
	// Login during a session is taken to be by the same user, unless the tokens say otherwise.
	user    string
	failure *failure // the last refresh of this token, if it failed
	marks   *marks   // what was noted about the token
	loaded  bool     // read from the store, so perhaps as old as the token that was just refused

	reason Reason // why nobody is signed in
	ended  string // record.Session of the session that ended; "" if there was none
	whose  string // the subject of its token, if it named one
}

// marks is what changes about a token while it is in use.
type marks struct {
	accepted atomic.Bool // the server has accepted it
	fresh    freshness   // it need not be renewed yet
}

// policy is the part of a Config that sessions depend on.
type policy struct {
	window        time.Duration // how long before its expiry a token is refreshed
	divisor       time.Duration // the window is at most the lifetime divided by this
	account       string
	accountIsUser bool
	wiped         bool // the store has lost its data
}

// newSession returns the session of r, taken to be that of user. An empty user means that no
// session came before it.
func newSession(r *record.Record, user string, p policy) *session {
	own := *r
	switch {
	case p.accountIsUser:
		user = p.account
	case user == "":
		user = r.Session
	}
	s := &session{Record: &own, user: user, marks: new(marks), expiresAt: r.Expiry}
	// The token is held once: as the tail of the header.
	scheme := Token(r.Token).scheme() + " "
	s.header = []string{scheme + r.AccessToken}
	own.AccessToken = s.header[0][len(scheme):]
	if r.AccessToken == "" {
		s.expiresAt = r.Obtained
	}
	if s.expiresAt.IsZero() {
		return s
	}
	// A token with a lifetime shorter than the window must not be refreshed for every request.
	s.window = min(p.window, max(s.expiresAt.Sub(r.Obtained)/max(p.divisor, 1), 0))
	s.refreshAt = s.expiresAt.Add(-s.window)
	if s.window > 0 {
		s.refreshAt = s.refreshAt.Add(rand.N(s.window/5 + 1)) // many processes share the session
	}
	return s
}

// signedOut returns a signed-out session that follows s, which may be nil or signed out as well.
func signedOut(reason Reason, s *session) *session {
	out := &session{reason: reason}
	switch {
	case s == nil:
	case s.signedIn():
		out.ended, out.whose = s.Session, subjectOf(s.AccessToken)
	default:
		out.ended, out.whose = s.ended, s.whose
	}
	return out
}

// subjectOf names the user of an access token; "" if the token does not.
func subjectOf(access string) string {
	c, ok := tokens.ParseClaims(access)
	if !ok || c.Subject == "" {
		return ""
	}
	return c.Issuer + " " + c.Subject
}

func (s *session) signedIn() bool { return s.Record != nil }

// token is the token of a session that is signed in.
func (s *session) token() Token { return Token(s.Token) }

// is reports whether s is signed in and of the same login as old.
func (s *session) is(old *session) bool {
	return s != nil && s.signedIn() && s.Session == old.Session
}

// differsFrom reports whether s no longer holds the token of old: it holds another one, or none.
func (s *session) differsFrom(old *session) bool {
	if !s.signedIn() || !old.signedIn() {
		return s != old
	}
	return s.Name() != old.Name()
}

// sameUser reports whether a request signed with old may be sent again with s.
func (s *session) sameUser(old *session) bool {
	switch {
	case s.Session == old.Session || tokens.SameSubject(s.AccessToken, old.AccessToken):
		return true
	case tokens.OtherSubject(s.AccessToken, old.AccessToken):
		return false
	default:
		return s.user == old.user
	}
}

// replacing returns s for a request that was signed with old, or the reason not to send it again.
func (s *session) replacing(old *session) (*session, error) {
	switch {
	case !s.signedIn():
		return nil, &LoginRequiredError{Reason: s.reason}
	case !s.sameUser(old):
		return nil, &LoginRequiredError{Reason: ReasonReplaced}
	default:
		return s, nil
	}
}

func (s *session) expired(now time.Time) bool {
	return !s.expiresAt.IsZero() && !now.Before(s.expiresAt)
}

func (s *session) due(now time.Time) bool { return !s.refreshAt.IsZero() && !now.Before(s.refreshAt) }

// withFailure returns the session after a refresh that failed with f.
func (s *session) withFailure(f *failure) *session {
	n := *s
	n.failure = f
	return &n
}
