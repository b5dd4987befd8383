package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
)

// token sends a token request and reads its response. The secrets are those of the request that the
// provider might repeat.
func (c Client) token(ctx context.Context, form url.Values, secrets ...string) (auth.Token, string, error) {
	for _, name := range []string{"resource", "audience"} {
		if _, set := form[name]; !set && c.Params[name] != nil {
			form[name] = append([]string(nil), c.Params[name]...)
		}
	}
	resp, cancel, err := c.post(ctx, c.Provider.Endpoint.TokenURL, form)
	if err != nil {
		return auth.Token{}, "", err
	}
	defer cancel()
	defer func() { _ = resp.Body.Close() }() // the body has been read
	return parseToken(resp, append(secrets, c.Secret)...)
}

// parseToken reads the response to a token request.
func parseToken(resp *http.Response, secrets ...string) (auth.Token, string, error) {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return auth.Token{}, "", fmt.Errorf("login: reading the token: %w", err)
	}
	var got struct {
		Access      string  `json:"access_token"`
		Refresh     string  `json:"refresh_token"`
		Type        string  `json:"token_type"`
		ID          string  `json:"id_token"`
		Expires     seconds `json:"expires_in"`
		Error       string  `json:"error"`
		Description string  `json:"error_description"`
	}
	err = json.Unmarshal(body, &got)
	switch {
	case err == nil && got.Error != "":
		return auth.Token{}, "", newError(got.Error, got.Description, resp.StatusCode, secrets...)
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return auth.Token{}, "", &unavailableError{fmt.Errorf("login: the token endpoint says %s; try again later", statusOf(resp))}
	case err != nil || got.Access == "" || resp.StatusCode/100 != 2:
		return auth.Token{}, "", fmt.Errorf("login: the token endpoint says %s, without a token; check its URL", statusOf(resp))
	}
	t := auth.Token{AccessToken: got.Access, RefreshToken: got.Refresh, TokenType: got.Type}
	if got.Expires > 0 {
		t.Expiry = time.Now().Add(got.Expires.or(0, 10*365*24*time.Hour))
	}
	return t, got.ID, nil
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
