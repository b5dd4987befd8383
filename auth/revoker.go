package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
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
	// Transport sends the request. It must not contain the chain. Nil: the transport beneath the
	// chain that the session is installed in, else [http.DefaultTransport].
	Transport http.RoundTripper
	// InsecureAllowHTTP lets the token travel over plain http to other machines.
	InsecureAllowHTTP bool
}

// String shows the endpoint only.
func (r OAuth2Revoker) String() string { return "auth.OAuth2Revoker(" + endpoints.Text(r.URL) + ")" }

// Format prints String, whatever the verb.
func (r OAuth2Revoker) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r OAuth2Revoker) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Revoke revokes the refresh token, and with it what was issued for it; the access token if that
// is the only one.
func (r OAuth2Revoker) Revoke(ctx context.Context, t Token) error {
	e := endpoints.Of(ctx)
	e.InsecureAllowHTTP = e.InsecureAllowHTTP || r.InsecureAllowHTTP
	endpoint, err := e.Resolve("OAuth2Revoker.URL", r.URL)
	if err != nil {
		return err
	}
	form := url.Values{"token": {t.RefreshToken}, "token_type_hint": {"refresh_token"}}
	if t.RefreshToken == "" {
		form = url.Values{"token": {t.AccessToken}, "token_type_hint": {"access_token"}}
	}
	client := newClient(r.ClientID, r.ClientSecret, r.AuthStyle, r.ClientAssertion)
	call, err := endpoints.Grant(ctx, endpoint, client, nil, form, r.Transport)
	if err != nil {
		return notRevoked(err)
	}
	return sendRevocation(ctx, call)
}

// sendRevocation sends a request that ends a session.
func sendRevocation(ctx context.Context, c endpoints.Call) error {
	r, err := c.Send(ctx)
	switch {
	case r.Status >= 200 && r.Status <= 299:
		return nil
	case err != nil:
		return notRevoked(err)
	default:
		return notRevoked(fmt.Errorf("the server responded with status %d", r.Status))
	}
}

func notRevoked(err error) error { return fmt.Errorf("auth: the token was not revoked: %w", err) }

// JSONRevoker ends a session at an endpoint that speaks plain REST: POST {"refreshToken": "…"} with
// the access token as a Bearer, to which the server responds with any 2xx. Its method is the value
// for Config.Revoke: auth.JSONRevoker{URL: "/auth/logout"}.Revoke.
type JSONRevoker struct {
	URL    string // https, or loopback; relative to Config.BaseURL if it is not absolute
	Method string // default POST
	// RequestField is the name of the refresh token in the request. Default "refreshToken".
	RequestField string
	// Fields are further members of the request.
	Fields map[string]any
	// SendRefreshToken says where the refresh token goes, [AsBearer] in place of the access token.
	// Default [InBody].
	SendRefreshToken Placement
	// Cookies are those of [JSONRefresher].
	Cookies []string
	// Header is added to the request, such as an API key.
	Header http.Header
	// Transport sends the request. It must not contain the chain. Nil: the transport beneath the
	// chain that the session is installed in, else [http.DefaultTransport].
	Transport http.RoundTripper
	// InsecureAllowHTTP lets the token travel over plain http to other machines.
	InsecureAllowHTTP bool
}

// String shows the endpoint only.
func (r JSONRevoker) String() string { return "auth.JSONRevoker(" + endpoints.Text(r.URL) + ")" }

// Format prints String, whatever the verb.
func (r JSONRevoker) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r JSONRevoker) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Revoke makes the call. It follows no redirect.
func (r JSONRevoker) Revoke(ctx context.Context, t Token) error {
	e := endpoints.Of(ctx)
	e.InsecureAllowHTTP = e.InsecureAllowHTTP || r.InsecureAllowHTTP
	endpoint, err := e.Resolve("JSONRevoker.URL", r.URL)
	if err != nil {
		return err
	}
	h := maps.Clone(r.Header)
	if h == nil {
		h = make(http.Header)
	}
	body := maps.Clone(r.Fields)
	if body == nil {
		body = make(map[string]any)
	}
	if t.AccessToken != "" {
		h.Set("Authorization", t.scheme()+" "+t.AccessToken)
	}
	if t.RefreshToken != "" {
		place(r.SendRefreshToken, t.RefreshToken, cmp.Or(r.RequestField, "refreshToken"), r.Cookies, h, body)
	}
	data, err := json.Marshal(body)
	if err != nil {
		return notRevoked(fmt.Errorf("the request cannot be encoded: %w", err))
	}
	return sendRevocation(ctx, endpoints.Call{
		Method: cmp.Or(r.Method, http.MethodPost), URL: endpoint, ContentType: endpoints.JSONType, Body: string(data),
		Header: h, Transport: r.Transport,
	})
}
