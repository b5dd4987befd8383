package auth

import (
	"errors"
	"fmt"
	"time"
)

// What [errors.Is] finds in the errors of this package, also through resty and [*url.Error].
var (
	// ErrInvalidGrant says that the refresh token is dead. A [Refresher] wraps it, and only then is the session
	// ended. It is the invalid_grant of RFC 6749 §5.2.
	ErrInvalidGrant = errors.New("the refresh token is no longer valid")
	// ErrLoginRequired says that the session has ended; see [LoginRequiredError].
	ErrLoginRequired = errors.New("login required")
	// ErrRefreshFailed says that a refresh failed and the session is kept; see [RefreshError].
	ErrRefreshFailed = errors.New("refresh failed")
	// ErrExcessiveRefresh says that refreshed tokens were refused again and again; see [RefreshWindow].
	// It comes with ErrRefreshFailed.
	ErrExcessiveRefresh = errors.New("too many refreshes")
	// ErrPersist says that the store did not take the session, or did not let it go.
	ErrPersist = errors.New("session not stored")
	// ErrInsecureTransport says that a token would travel in the clear to another machine.
	ErrInsecureTransport = errors.New("insecure transport")
	// ErrClosed says that the interceptor was closed: it refreshes nothing any more.
	ErrClosed = errors.New("closed")
)

// RefreshError is a refresh that failed for now: the network, the server's trouble, a locked keyring. The session is kept
// and later requests try again. It matches [ErrRefreshFailed].
type RefreshError struct {
	// Status of the token endpoint's answer; 0 if there was none.
	Status int
	// RetryAfter is how long the next attempt has to wait, as the server asked or by backoff. Zero: it need not.
	RetryAfter time.Duration
	// Err is the cause.
	Err error
}

// newRefreshError returns a new RefreshError with the cause err, or a copy of err if it is one itself.
func newRefreshError(err error) *RefreshError {
	e := &RefreshError{Err: err}
	if re, ok := errors.AsType[*RefreshError](err); ok {
		e.Status, e.RetryAfter = re.Status, re.RetryAfter
		if re.Error() == err.Error() { // nobody has wrapped anything around it
			e.Err = re.Err
		}
	}
	return e
}

// Error returns a message without secrets.
func (e *RefreshError) Error() string {
	s := "auth: refresh failed, the session is kept"
	_, said := errors.AsType[*EndpointError](e.Err)
	if e.Status != 0 && !said && !errors.Is(e.Err, ErrRefreshFailed) {
		s += fmt.Sprintf(": the token endpoint answered %d", e.Status)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.RetryAfter > 0 {
		s += fmt.Sprintf("; try again in %v", e.RetryAfter.Round(time.Millisecond))
	}
	return s
}

// Unwrap returns the cause.
func (e *RefreshError) Unwrap() error { return e.Err }

// Is matches ErrRefreshFailed.
func (e *RefreshError) Is(target error) bool { return target == ErrRefreshFailed }

// Reason is why a session ended.
type Reason uint8

// The reasons.
const (
	// ReasonNone is no session yet, or one that has not ended.
	ReasonNone Reason = iota
	// ReasonLogout is a Logout, by this process or another one.
	ReasonLogout
	// ReasonInvalidGrant is a server that refused the refresh token for good.
	ReasonInvalidGrant
	// ReasonReplaced is a login by another process, maybe as somebody else. That session is not adopted, now or later,
	// unless the subject of its token is the same.
	ReasonReplaced
)

// String returns words for a message.
func (r Reason) String() string {
	switch r {
	case ReasonLogout:
		return "logged out"
	case ReasonInvalidGrant:
		return "the server ended the session"
	case ReasonReplaced:
		return "another login replaced the session"
	default:
		return "not signed in"
	}
}

// LoginRequiredError is a session that has ended, or none. It matches [ErrLoginRequired].
type LoginRequiredError struct {
	Reason Reason
	// Err is the cause, if there is one. It matches [ErrInvalidGrant] for ReasonInvalidGrant.
	Err error
}

// Error returns a message without secrets.
func (e *LoginRequiredError) Error() string {
	s := "auth: login required: " + e.Reason.String()
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *LoginRequiredError) Unwrap() error { return e.Err }

// Is matches ErrLoginRequired.
func (e *LoginRequiredError) Is(target error) bool { return target == ErrLoginRequired }
