package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// OAuth2Revoker tells an OAuth 2.0 server that a token is not needed any more (RFC 7009). Its method is the value for
// Config.Revoke: auth.OAuth2Revoker{URL: "https://…/revoke", ClientID: "cli"}.Revoke.
type OAuth2Revoker struct {
	URL          string // absolute; https, or loopback
	ClientID     string
	ClientSecret string            // sent as HTTP Basic; empty: the client_id goes into the body
	Transport    http.RoundTripper // nil: [http.DefaultTransport]
	// InsecureAllowHTTP lets the token travel over plain http to other machines.
	InsecureAllowHTTP bool
}

// String shows the endpoint only.
func (r OAuth2Revoker) String() string { return "auth.OAuth2Revoker(" + endpointText(r.URL) + ")" }

// Format prints String, whatever the verb.
func (r OAuth2Revoker) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r OAuth2Revoker) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Revoke revokes the refresh token, and with it what was issued for it; the access token if there is no other.
func (r OAuth2Revoker) Revoke(ctx context.Context, t Token) error {
	c := Config{InsecureAllowHTTP: r.InsecureAllowHTTP}
	if _, err := c.checkEndpoint("OAuth2Revoker.URL", r.URL, nil); err != nil {
		return err
	}
	form := url.Values{"token": {t.RefreshToken}, "token_type_hint": {"refresh_token"}}
	if t.RefreshToken == "" {
		form = url.Values{"token": {t.AccessToken}, "token_type_hint": {"access_token"}}
	}
	h := http.Header{}
	if r.ClientSecret == "" {
		form.Set("client_id", r.ClientID)
	} else {
		basic := http.Request{Header: h}
		basic.SetBasicAuth(url.QueryEscape(r.ClientID), url.QueryEscape(r.ClientSecret)) // RFC 6749 §2.3.1
	}
	a, err := post(ctx, r.Transport, r.URL, formType, form.Encode(), h)
	if err != nil {
		return fmt.Errorf("auth: the token was not revoked: %w", errors.Unwrap(err))
	}
	if a.status < 200 || a.status > 299 {
		return fmt.Errorf("auth: the token was not revoked: the server answered %d", a.status)
	}
	return nil
}
