package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// OAuth2Revoker tells an OAuth 2.0 server that a token is not needed any more (RFC 7009). Its
// method is the value for Config.Revoke: auth.OAuth2Revoker{URL: "https://…/revoke", ClientID:
// "cli"}.Revoke.
type OAuth2Revoker struct {
	URL          string // https, or loopback; relative to Config.BaseURL if it is not absolute
	ClientID     string
	ClientSecret string
	// AuthStyle says where the secret goes. AutoDetect, the default: into the Authorization header,
	// if there is one. InHeader without a secret sends an empty password, which some servers want
	// (Cloud Foundry's UAA) and others take for a wrong secret. Where a client is accepted only one
	// way, a revocation the other way leaves the token alive, and RFC 7009 lets the server say 200.
	AuthStyle oauth2.AuthStyle
	// ClientAssertion authenticates the client in place of a secret; see [OAuth2Refresher].
	ClientAssertion func(ctx context.Context, audience string) (string, error)
	// Transport sends the request. It must not be one with the chain. Nil: the transport beneath
	// the chain that the session is installed in, else [http.DefaultTransport].
	Transport http.RoundTripper
	// InsecureAllowHTTP lets the token travel over plain http to other machines.
	InsecureAllowHTTP bool
}

// String shows the endpoint only.
func (r OAuth2Revoker) String() string { return "auth.OAuth2Revoker(" + endpointText(r.URL) + ")" }

// Format prints String, whatever the verb.
func (r OAuth2Revoker) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r OAuth2Revoker) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Revoke revokes the refresh token, and with it what was issued for it; the access token if there
// is no other.
func (r OAuth2Revoker) Revoke(ctx context.Context, t Token) error {
	e := environmentOf(ctx)
	e.insecureAllowHTTP = e.insecureAllowHTTP || r.InsecureAllowHTTP
	endpoint, err := e.endpoint("OAuth2Revoker.URL", r.URL)
	if err != nil {
		return err
	}
	form := url.Values{"token": {t.RefreshToken}, "token_type_hint": {"refresh_token"}}
	if t.RefreshToken == "" {
		form = url.Values{"token": {t.AccessToken}, "token_type_hint": {"access_token"}}
	}
	client := clientAuth{r.ClientID, r.ClientSecret, r.AuthStyle, r.ClientAssertion}
	call, err := grantCall(ctx, endpoint, client, nil, form, r.Transport)
	if err != nil {
		return notRevoked(err)
	}
	return call.revoke(ctx)
}

// revoke sends a request that ends a session.
func (c endpointCall) revoke(ctx context.Context) error {
	r, err := c.send(ctx)
	switch {
	case r.Status >= 200 && r.Status <= 299:
		return nil
	case err != nil:
		return notRevoked(err)
	default:
		return notRevoked(fmt.Errorf("the server answered %d", r.Status))
	}
}

func notRevoked(err error) error { return fmt.Errorf("auth: the token was not revoked: %w", err) }
