// Package wire records the requests of a client as a waterfall needs them: every attempt of every
// call, and the logins, refreshes and revocations between them, while they are under way as well as
// afterwards.
//
// A HAR recorder sees the same requests, but has an entry only when there is a response, buffers
// bodies and redacts them, none of which a drawing needs.
package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Role is what a request is for.
type Role string

// The roles. A request is one of the user's; it is sent again after a refresh.
const (
	Request   Role = "request"
	Resent    Role = "resent"
	Discovery Role = "discovery" // what a server publishes about itself
	Login     Role = "login"
	Refresh   Role = "refresh"
	Revoke    Role = "revoke"
)

// Exchange is one request and its response. It holds no query, no header and no body.
type Exchange struct {
	Process    string        `json:"process,omitempty"` // which of several
	Role       Role          `json:"role"`
	Method     string        `json:"method"`
	Path       string        `json:"path"`
	Status     int           `json:"status"` // 0: no response
	Signed     bool          `json:"signed"` // there was an Authorization header
	Redirected bool          `json:"redirected,omitempty"`
	Start      time.Time     `json:"start"`
	Took       time.Duration `json:"-"` // to the end of the body, as far as it was read
}

// End is when the exchange was over.
func (e Exchange) End() time.Time { return e.Start.Add(e.Took) }

// plain has the fields of Exchange without its methods.
type plain Exchange

type encoded struct {
	plain

	Millis float64 `json:"took_ms"`
}

// MarshalJSON encodes the duration in milliseconds.
func (e Exchange) MarshalJSON() ([]byte, error) {
	return json.Marshal(encoded{plain: plain(e), Millis: float64(e.Took.Microseconds()) / 1000})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Exchange) UnmarshalJSON(data []byte) error {
	var in encoded
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("wire: %w", err)
	}
	*e = Exchange(in.plain)
	e.Took = time.Duration(in.Millis * float64(time.Millisecond))
	return nil
}

type roleKey struct{}

// As gives the requests of the context a role.
func As(ctx context.Context, role Role) context.Context {
	return context.WithValue(ctx, roleKey{}, role)
}

// send is what an interceptor knows about a send, for the transport below it.
type send struct {
	attempt    int
	redirected bool
}

type sendKey struct{}

// describe makes the exchange of a request that is about to be sent.
func describe(req *http.Request, role Role) *Exchange {
	e := &Exchange{
		Role: role, Method: req.Method, Path: req.URL.Path, Signed: req.Header.Get("Authorization") != "", Start: time.Now(),
	}
	if s, ok := req.Context().Value(sendKey{}).(send); ok {
		e.Redirected = s.redirected
		if s.attempt > 1 {
			e.Role = Resent
		}
	}
	if r, ok := req.Context().Value(roleKey{}).(Role); ok {
		e.Role = r
	}
	return e
}
