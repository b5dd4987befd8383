package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// OAuth2Refresher refreshes by the refresh_token grant of RFC 6749, section 6.
//
// These error codes end the session, in any status, unless the server asks to wait: invalid_grant
// (RFC 6749, section 5.2), bad_refresh_token (GitHub, HubSpot), invalid_refresh_token (Slack,
// Firebase), token_revoked (Slack), token_expired (Slack, Firebase), refresh_token_not_found,
// refresh_token_already_used, session_not_found, session_expired (Supabase Auth),
// refresh_token_expired, refresh_token_reused, refresh_token_invalidated, refresh_token_revoked
// (OpenAI). DeadCodes adds to them.
//
// These keep it, and their message says that the configuration must change: invalid_client,
// unauthorized_client, unsupported_grant_type, invalid_scope, invalid_target. So does everything
// else: 429 and 5xx, Retry-After, an exhausted rate limit, an unknown code, a page.
type OAuth2Refresher struct {
	// Config names client and token endpoint; its URL may be relative to Config.BaseURL of this
	// package. The AuthStyle is not guessed, since a guess sends the refresh token twice:
	// AutoDetect means the request body for a client without a secret and the Authorization header
	// for one with a secret (RFC 6749, section 2.3.1).
	Config *oauth2.Config
	// Params are further parameters of the request: resource (RFC 8707), audience, scope. They do
	// not replace those of the grant.
	Params url.Values
	// ClientAssertion returns the assertion with which the client authenticates in place of a
	// secret, a JWT that is signed for the audience, which is the URL of the token endpoint
	// (private_key_jwt; RFC 7523, section 2.2). It is called once for each refresh. Nil: the client
	// authenticates by Config.
	ClientAssertion func(ctx context.Context, audience string) (string, error)
	// DeadCodes are further error codes that mean that the refresh token is dead. Dex says
	// invalid_request.
	DeadCodes []string
	// Transport sends the request. It must not contain the chain. Nil: the transport beneath the
	// chain that the session is installed in, else [http.DefaultTransport].
	Transport http.RoundTripper
}

// String shows the endpoint only: Config holds the client's secret.
func (r OAuth2Refresher) String() string {
	if r.Config == nil {
		return "auth.OAuth2Refresher()"
	}
	return "auth.OAuth2Refresher(" + endpoints.Text(r.Config.Endpoint.TokenURL) + ")"
}

// Format prints String, whatever the verb.
func (r OAuth2Refresher) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r OAuth2Refresher) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// oauth2Refresher is an OAuth2Refresher that has been checked.
type oauth2Refresher struct {
	OAuth2Refresher

	endpoint string
}

func (r OAuth2Refresher) configure(e endpoints.Environment) (configured, error) {
	if r.Config == nil {
		return nil, errors.New("auth: OAuth2Refresher.Config is required")
	}
	endpoint, err := e.Resolve("OAuth2Refresher.Config.Endpoint.TokenURL", r.Config.Endpoint.TokenURL)
	return oauth2Refresher{r, endpoint}, err
}

// Refresh makes the call. It follows no redirect, and is sent once, but for a request that
// certainly was not processed. An error matches [ErrInvalidGrant] if the refresh token is dead;
// else it is a [*RefreshError].
func (r OAuth2Refresher) Refresh(ctx context.Context, old Token) (Token, error) {
	return refreshWith(ctx, r, old)
}

func (r oauth2Refresher) canRefresh(t Token) bool { return t.RefreshToken != "" }

// Refresh makes the call.
func (r oauth2Refresher) Refresh(ctx context.Context, old Token) (Token, error) {
	if !r.canRefresh(old) {
		return Token{}, errNoRefreshToken()
	}
	grant := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.RefreshToken}}
	client := newClient(r.Config.ClientID, r.Config.ClientSecret, r.Config.Endpoint.AuthStyle, r.ClientAssertion)
	call, err := endpoints.Grant(ctx, r.endpoint, client, r.Params, grant, r.Transport)
	if err != nil {
		return Token{}, &RefreshError{Err: err}
	}
	parsed, _, err := sendForToken(ctx, call, tokens.Names{})
	if err != nil {
		return Token{}, refreshFailure(err, func(e *EndpointError) bool { return slices.Contains(r.DeadCodes, e.Code) })
	}
	t := Token(parsed)
	t.RefreshToken = cmp.Or(t.RefreshToken, old.RefreshToken)
	return t, nil
}
