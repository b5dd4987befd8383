package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// JSONRevoker ends a session at an endpoint that speaks plain REST: POST {"refreshToken": "…"} with
// the access token as a Bearer, answered by any 2xx. Its method is the value for Config.Revoke:
// auth.JSONRevoker{URL: "/auth/logout"}.Revoke.
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
	// Transport sends the request. It must not be one with the chain. Nil: the transport beneath
	// the chain that the session is installed in, else [http.DefaultTransport].
	Transport http.RoundTripper
	// InsecureAllowHTTP lets the token travel over plain http to other machines.
	InsecureAllowHTTP bool
}

// String shows the endpoint only.
func (r JSONRevoker) String() string { return "auth.JSONRevoker(" + endpointText(r.URL) + ")" }

// Format prints String, whatever the verb.
func (r JSONRevoker) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r JSONRevoker) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Revoke makes the call. It follows no redirect.
func (r JSONRevoker) Revoke(ctx context.Context, t Token) error {
	e := environmentOf(ctx)
	e.insecureAllowHTTP = e.insecureAllowHTTP || r.InsecureAllowHTTP
	endpoint, err := e.endpoint("JSONRevoker.URL", r.URL)
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
	return endpointCall{
		method: cmp.Or(r.Method, http.MethodPost), url: endpoint, contentType: jsonType, body: string(data),
		header: h, transport: r.Transport,
	}.revoke(ctx)
}
