package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// OAuth2Revoker tells an OAuth 2.0 server that a token is not needed any more (RFC 7009). Its method is the value for
// Config.Revoke: auth.OAuth2Revoker{URL: "https://…/revoke", ClientID: "cli"}.Revoke.
type OAuth2Revoker struct {
	URL          string // absolute
	ClientID     string
	ClientSecret string            // sent as HTTP Basic; empty: the client_id goes into the body
	Transport    http.RoundTripper // nil: [http.DefaultTransport]
}

// String shows the endpoint only.
func (r OAuth2Revoker) String() string { return "auth.OAuth2Revoker(" + originText(r.URL) + ")" }

// GoString is String.
func (r OAuth2Revoker) GoString() string { return r.String() }

// Revoke revokes the refresh token, and with it what was issued for it; the access token if there is no other.
func (r OAuth2Revoker) Revoke(ctx context.Context, t Token) error {
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
	a, err := post(ctx, r.Transport, r.URL, "application/x-www-form-urlencoded", form.Encode(), h)
	if err != nil {
		return fmt.Errorf("auth: the token was not revoked: %w", err)
	}
	if a.status < 200 || a.status > 299 {
		return fmt.Errorf("auth: the token was not revoked: the server answered %d", a.status)
	}
	return nil
}
