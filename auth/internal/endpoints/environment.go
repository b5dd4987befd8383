// Package endpoints sends requests to token endpoints: what is sent there, and read, is secret.
//
// # Overview
//
// A refresh token is spent by the first request that arrives. So a [Call] is sent once, follows no
// redirect, and is repeated only where the server certainly did not process it. The [Environment]
// is what a session gives to the refreshers and revokers that it calls.
//
// # Usage
//
//	url, err := endpoints.Of(ctx).Resolve("JSONRefresher.URL", raw)
//	resp, err := endpoints.Call{Method: "POST", URL: url, ContentType: endpoints.JSONType, Body: body}.Send(ctx)
//
// # Errors
//
// Errors quote neither URLs nor bodies. [ErrInsecure] refuses plain http to other machines.
//
// # Concurrency
//
// Functions and values are safe for concurrent use.
//
// # Security
//
// Responses are read up to 1 MiB.
package endpoints

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// ErrInsecure is auth.ErrInsecureTransport.
var ErrInsecure = errors.New("auth: insecure transport")

// Prover is what is needed here of auth.Prover.
type Prover interface {
	Prove(r *http.Request, key []byte, accessToken string) error
	Learn(resp *http.Response) (again bool)
}

// Environment is what refreshers and revokers of package auth get from the session that calls them.
// It travels in the context, so that those that a function of the user's calls have it, too. The
// zero value is that of a call outside of any session.
type Environment struct {
	Base              *url.URL          // what relative URLs resolve against; nil: they must be absolute
	InsecureAllowHTTP bool              // allows plain http to other machines
	Transport         http.RoundTripper // beneath the chain that the session is installed in; nil: not installed
	Prover            Prover            // nil: no proofs
	Key               []byte            // of the session, for the Prover; nil: no proofs
}

type environmentKey struct{}

// With returns a context that has the environment.
func With(ctx context.Context, e Environment) context.Context {
	return context.WithValue(ctx, environmentKey{}, e)
}

// Of returns the environment of a context.
func Of(ctx context.Context) Environment {
	e, _ := ctx.Value(environmentKey{}).(Environment)
	return e
}

// Secure refuses plain http to other machines. Field names the setting in the error.
func (e Environment) Secure(field string, o origin.Origin) error {
	if o.Secure() || e.InsecureAllowHTTP {
		return nil
	}
	return fmt.Errorf("%w: %s: use https; over http everyone on the network could read the tokens",
		ErrInsecure, field)
}

// Resolve resolves and checks the URL of an endpoint that gets secrets.
func (e Environment) Resolve(field, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return "", fmt.Errorf("auth: %s must be the URL of the endpoint", field)
	}
	origin.Resolve(e.Base, u)
	if u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("auth: %s must be an absolute http or https URL, or relative to BaseURL", field)
	}
	u, o, err := origin.Parse(u.String())
	if err != nil {
		return "", fmt.Errorf("auth: %s %w", field, err)
	}
	return u.String(), e.Secure(field, o)
}

// Text names an endpoint in texts, without user and query, which may hold secrets.
func Text(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
