package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/chatelaine-go/chatelaine/auth"
)

// token sends a token request and reads its response. The secrets are those of the request that the
// provider might repeat.
func (c Client) token(ctx context.Context, form url.Values, secrets ...string) (auth.Token, error) {
	for name, values := range c.targets() {
		if !form.Has(name) {
			form[name] = values
		}
	}
	resp, cancel, err := c.post(ctx, c.Provider.Endpoint.TokenURL, form)
	if err != nil {
		return auth.Token{}, err
	}
	defer cancel()
	defer func() { _ = resp.Body.Close() }() // the body has been read
	return parseToken(resp, append(secrets, c.Secret)...)
}

// parseToken reads the response to a token request.
func parseToken(resp *http.Response, secrets ...string) (auth.Token, error) {
	token, err := auth.ParseToken(resp)
	e, ok := errors.AsType[*auth.EndpointError](err)
	switch {
	case err == nil:
		return token, nil
	case !ok:
		return auth.Token{}, fmt.Errorf("login: %w", err)
	case e.Code != "":
		return auth.Token{}, newError(e.Code, e.Description, e.Status, secrets...)
	case e.Status >= 500 || e.Status == http.StatusTooManyRequests:
		return auth.Token{}, &unavailableError{fmt.Errorf("login: %w; try again later", err)}
	}
	return auth.Token{}, fmt.Errorf("login: %w; check the token endpoint", err)
}

// unavailableError is a failure that may pass: the provider was not reached, or is overloaded.
type unavailableError struct{ err error }

// Error returns the text of the cause.
func (e *unavailableError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *unavailableError) Unwrap() error { return e.err }

// temporary reports whether an error may pass.
func temporary(err error) bool {
	_, ok := errors.AsType[*unavailableError](err)
	return ok
}
