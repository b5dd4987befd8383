package auth

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/auth/internal/record"
)

// Errors that [errors.Is] finds in the errors of this package, including those wrapped by resty or
// [*url.Error].
var (
	// ErrInvalidGrant says that the refresh token is dead. A [Refresher] returns an error wrapping
	// it to end the session. It is the invalid_grant of RFC 6749 §5.2.
	ErrInvalidGrant = errors.New("auth: the refresh token is no longer valid")
	// ErrLoginRequired says that the session has ended; see [LoginRequiredError].
	ErrLoginRequired = errors.New("auth: login required")
	// ErrRefreshFailed says that a refresh failed and the session is kept; see [RefreshError].
	ErrRefreshFailed = errors.New("auth: refresh failed")
	// ErrExcessiveRefresh says that refreshed tokens were refused again and again; see
	// [RefreshWindow]. It comes with ErrRefreshFailed.
	ErrExcessiveRefresh = errors.New("auth: too many refreshes")
	// ErrPersist says that the store did not take the session, or did not let it go.
	ErrPersist = errors.New("auth: session not stored")
	// ErrSessionUnreadable says that the stored session cannot be used by this program: it is
	// damaged, a newer program's, or another account's. It is never overwritten by a refresh and
	// never taken for "signed out"; Login and Logout replace it.
	ErrSessionUnreadable = record.ErrUnreadable
	// ErrInsecureTransport says that a token would travel in the clear to another machine.
	ErrInsecureTransport = endpoints.ErrInsecure
	// ErrClosed says that the interceptor is closed and no longer refreshes.
	ErrClosed = errors.New("auth: closed")
)

// withoutPrefix returns the message of the cause of an error of this package, which has said already
// where it comes from.
func withoutPrefix(err error) string { return strings.TrimPrefix(err.Error(), "auth: ") }

// RefreshError reports a temporary refresh failure, such as a network error, a failing server or a
// locked keyring. The session is kept, and later requests try again. It matches [ErrRefreshFailed].
type RefreshError struct {
	// Status is the status code of the token endpoint's response, or 0 if there was none.
	Status int
	// RetryAfter is how long to wait before the next attempt, as requested by the server or by
	// backoff. Zero means no wait.
	RetryAfter time.Duration
	// Err is the cause.
	Err error
}

// newRefreshError returns a new RefreshError with the cause err, or a copy of err if it is one
// itself.
func newRefreshError(err error) *RefreshError {
	e := &RefreshError{Err: err}
	if re, ok := errors.AsType[*RefreshError](err); ok {
		e.Status, e.RetryAfter = re.Status, re.RetryAfter
		if re.Error() == err.Error() { // nothing was wrapped around it
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
		s += fmt.Sprintf(": the token endpoint responded with status %d", e.Status)
	}
	if e.Err != nil {
		s += ": " + withoutPrefix(e.Err)
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

// Reason says why no user is signed in.
type Reason uint8

// The reasons why no user is signed in.
const (
	// ReasonNone is the reason of a session that is signed in: it has none.
	ReasonNone Reason = iota
	// ReasonLogout means that this process called Logout.
	ReasonLogout
	// ReasonInvalidGrant means that the server rejected the refresh token.
	ReasonInvalidGrant
	// ReasonReplaced is a login by another process, maybe as another user. That session is not
	// adopted, now or later, unless the subject of its token is the same, or Config.AccountIsUser
	// is set and the tokens do not say otherwise.
	ReasonReplaced
	// ReasonNeverSignedIn means that there was no Login and nothing is stored.
	ReasonNeverSignedIn
	// ReasonEndedElsewhere means that another process removed the stored session.
	ReasonEndedElsewhere
	// ReasonNoRefreshToken means that the server rejected the access token and there was no refresh
	// token.
	ReasonNoRefreshToken
)

// String returns words for a message; "" for ReasonNone.
func (r Reason) String() string {
	switch r {
	case ReasonNone:
		return ""
	case ReasonLogout:
		return "logged out"
	case ReasonInvalidGrant:
		return "the server ended the session"
	case ReasonReplaced:
		return "another login replaced the session"
	case ReasonEndedElsewhere:
		return "the session was ended elsewhere"
	case ReasonNoRefreshToken:
		return "the token was refused, and there is no refresh token"
	default:
		return "not signed in"
	}
}

// LoginRequiredError reports that there is no session, or that it has ended. It matches
// [ErrLoginRequired].
//
// It is also found by [errors.As] as an [*oauth2.RetrieveError] with the ErrorCode invalid_grant,
// so that clients written for golang.org/x/oauth2 start their login. That error holds no body.
type LoginRequiredError struct {
	Reason Reason
	// Err is the cause, if there is one. It matches [ErrInvalidGrant] for ReasonInvalidGrant.
	Err error
}

// Error returns a message without secrets.
func (e *LoginRequiredError) Error() string {
	s := "auth: login required"
	if reason := e.Reason.String(); reason != "" {
		s += ": " + reason
	}
	if e.Err != nil {
		s += ": " + withoutPrefix(e.Err)
	}
	return s
}

// Unwrap returns the cause.
func (e *LoginRequiredError) Unwrap() error { return e.Err }

// Is matches ErrLoginRequired.
func (e *LoginRequiredError) Is(target error) bool { return target == ErrLoginRequired }

// As sets target to the error that x/oauth2 would report.
func (e *LoginRequiredError) As(target any) bool {
	re, ok := target.(**oauth2.RetrieveError)
	if ok {
		*re = &oauth2.RetrieveError{
			Response: &http.Response{
				Status: "400 Bad Request", StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: http.NoBody,
			},
			ErrorCode: "invalid_grant", ErrorDescription: e.Reason.String(),
		}
	}
	return ok
}
