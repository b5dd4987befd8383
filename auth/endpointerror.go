package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// EndpointError is a response of a token endpoint without a token: an error of RFC 6749, section
// 5.2, or of another form, in any status, or no error of the server at all, such as a proxy's page.
//
// It matches [ErrInvalidGrant] if the refresh token is dead: the code is one of the final ones that
// [OAuth2Refresher] lists, and the server does not ask to wait. A [Refresher] may return it
// unchanged. It is found as an [*oauth2.RetrieveError], too.
type EndpointError struct {
	// Status of the response.
	Status int
	// Code is the error code in lower case, such as invalid_grant; "" if there is none.
	Code string
	// Description is the server's explanation in words. It may hold anything, so the message of the
	// error does not show it.
	Description string
	// RetryAfter is how long the server asks to wait, an hour at most. Zero: it does not say.
	RetryAfter time.Duration

	detail    string // what arrived, without values
	final     bool   // the refresh token is dead
	throttled bool   // it is about the rate or the state of the server
	page      bool   // it is neither JSON nor empty
}

func newEndpointError(f *tokens.Failure) *EndpointError {
	e := &EndpointError{
		Status: f.Status, Code: f.Code, Description: f.Description, detail: f.Detail(), page: f.IsPage(),
	}
	e.RetryAfter, e.throttled = f.Throttled()
	e.final = tokens.IsFinal(f.Code) && !e.throttled
	return e
}

// Error returns a message without secrets: status, code, and what arrived, but no values.
func (e *EndpointError) Error() string {
	s := fmt.Sprintf("the token endpoint responded with status %d", e.Status)
	if e.detail != "" {
		s += ": " + e.detail
	}
	return s
}

// Format prints the message, whatever the verb: the Description does not belong in every log.
func (e *EndpointError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// MarshalText returns the message, for logs.
func (e *EndpointError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Is matches ErrInvalidGrant if the refresh token is dead.
func (e *EndpointError) Is(target error) bool { return target == ErrInvalidGrant && e.final }

// As sets a [*oauth2.RetrieveError], the error of golang.org/x/oauth2 for the same thing. Its Body
// is empty.
func (e *EndpointError) As(target any) bool {
	to, ok := target.(**oauth2.RetrieveError)
	if ok {
		code := e.Code
		if e.final {
			code = "invalid_grant"
		}
		*to = &oauth2.RetrieveError{
			Response:  &http.Response{StatusCode: e.Status, Status: statusText(e.Status), Body: http.NoBody},
			ErrorCode: code, ErrorDescription: e.Description,
		}
	}
	return ok
}

func statusText(status int) string { return fmt.Sprintf("%d %s", status, http.StatusText(status)) }

// refreshError makes of an error of a token endpoint what a Refresher returns: one that matches
// ErrInvalidGrant, or a RefreshError that keeps the session.
func (e *EndpointError) refreshError() error {
	if e.final {
		return &deadError{e}
	}
	return &RefreshError{Status: e.Status, RetryAfter: e.RetryAfter, Err: e}
}

// refreshFailure makes of the error of a call what a Refresher returns. Dead may add to what ends
// the session.
func refreshFailure(err error, dead func(*EndpointError) bool) error {
	e, ok := errors.AsType[*EndpointError](err)
	if !ok {
		return err
	}
	if !e.throttled && dead(e) {
		e.final = true
	}
	return e.refreshError()
}

// deadError is an EndpointError that ends the session, in the words of ErrInvalidGrant.
type deadError struct{ response *EndpointError }

// Error returns a message without secrets.
func (e *deadError) Error() string {
	s := fmt.Sprintf("%v (status %d)", ErrInvalidGrant, e.response.Status)
	if e.response.Code != "" && e.response.detail != "" {
		s += ": " + e.response.detail
	}
	return s
}

// Unwrap returns the response.
func (e *deadError) Unwrap() error { return e.response }

// sendForToken sends the request and reads the token of the response. A response that is cut off,
// or too long, counts if the token can be read: the refresh token is spent. An error is a
// [*RefreshError] about the network, or an [*EndpointError].
func sendForToken(ctx context.Context, c endpoints.Call, names tokens.Names) (tokens.Token, http.Header, error) {
	r, err := c.Send(ctx)
	if err != nil && !bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{")) {
		return tokens.Token{}, r.Header, &RefreshError{Status: r.Status, Err: err}
	}
	t, failure := tokens.Parse(r, names)
	switch {
	case failure == nil:
		return t, r.Header, nil
	case err != nil:
		return t, r.Header, &RefreshError{Status: r.Status, Err: err}
	default:
		return t, r.Header, newEndpointError(failure)
	}
}
