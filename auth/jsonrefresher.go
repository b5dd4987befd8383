package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

// JSONRefresher refreshes at an endpoint that speaks plain REST: POST {"refreshToken": "…"}, to
// which the server responds with 200 or 201 and the new token, in any of the forms that
// [ParseToken] knows.
//
// The session ends with one of DeadStatuses whose body is JSON or empty, and with one of the error
// codes that [OAuth2Refresher] lists, in any status. It is kept if the server asks to wait (429,
// 5xx, Retry-After, an exhausted rate limit), if the code is about the client or the server
// (invalid_client, temporarily_unavailable, rate_limited …), or if the response is not the
// server's, such as a proxy's page.
type JSONRefresher struct {
	// URL of the endpoint; relative to Config.BaseURL if it is not absolute.
	URL string
	// Method of the request. Default POST.
	Method string
	// RequestField is the name of the refresh token in the request. Default "refreshToken".
	RequestField string
	// Fields are further members of the request.
	Fields map[string]any
	// SendRefreshToken says where the refresh token goes. Default [InBody].
	SendRefreshToken Placement
	// Cookies are the names of the cookies that hold the refresh token, for [InCookie]: the token
	// itself, and what else the endpoint wants back. They are stored with the session, as its
	// RefreshToken, and sent to the endpoint only. Read the response to the login with
	// [JSONRefresher.ParseToken], which keeps them.
	Cookies []string
	// AccessTokenField and RefreshTokenField are names in the response, for servers that use other
	// names than the usual ones.
	AccessTokenField  string
	RefreshTokenField string
	// DeadStatuses are the statuses that mean that the refresh token is dead. Nil: 400, 401 and
	// 403.
	DeadStatuses []int
	// DeadCodes are further error codes that mean that the refresh token is dead, in lower case.
	DeadCodes []string
	// Header is added to the request, such as an API key.
	Header http.Header
	// UseAccessToken sends the access token as a Bearer and no refresh token, for servers where a
	// token that has not expired yet renews itself. Choose an ExpiryWindow long enough.
	UseAccessToken bool
	// Transport sends the request. It must not contain the chain. Nil: the transport beneath the
	// chain that the session is installed in, else [http.DefaultTransport].
	Transport http.RoundTripper
}

// Placement is where a request carries the refresh token.
type Placement uint8

// The placements.
const (
	// InBody is a member of the JSON body.
	InBody Placement = iota
	// AsBearer is the Authorization header, as flask-jwt-extended expects it.
	AsBearer
	// InCookie is the Cookie header, for servers that keep the refresh token in an HttpOnly cookie.
	InCookie
)

// String shows the endpoint only: URL may hold a secret in its query, Header an API key.
func (r JSONRefresher) String() string { return "auth.JSONRefresher(" + endpoints.Text(r.URL) + ")" }

// Format prints String, whatever the verb.
func (r JSONRefresher) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r JSONRefresher) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// ParseToken is the function [ParseToken] for the response to a login at this server: it knows the
// field names and the cookies of the refresher. It does not close the body.
func (r JSONRefresher) ParseToken(resp *http.Response) (Token, error) {
	t, err := parseToken(resp, tokens.Names{Access: r.AccessTokenField, Refresh: r.RefreshTokenField})
	if err == nil && r.SendRefreshToken == InCookie {
		t.RefreshToken = endpoints.CookiesAfter("", resp.Header, r.Cookies)
	}
	return t, err
}

// jsonRefresher is a JSONRefresher that has been checked.
type jsonRefresher struct {
	JSONRefresher

	endpoint string
}

func (r JSONRefresher) configure(e endpoints.Environment) (configured, error) {
	endpoint, err := e.Resolve("JSONRefresher.URL", r.URL)
	if r.SendRefreshToken == InCookie && len(r.Cookies) == 0 {
		err = errors.Join(err, errors.New("auth: JSONRefresher.Cookies must name the cookie with the refresh token"))
	}
	if _, failure := json.Marshal(r.Fields); failure != nil {
		err = errors.Join(err, fmt.Errorf("auth: JSONRefresher.Fields: %w", failure))
	}
	return jsonRefresher{r, endpoint}, err
}

// Refresh makes the call. It follows no redirect, and is sent once, but for a request that
// certainly was not processed. An error matches [ErrInvalidGrant] if the refresh token is dead;
// else it is a [*RefreshError].
func (r JSONRefresher) Refresh(ctx context.Context, old Token) (Token, error) {
	return refreshWith(ctx, r, old)
}

func (r jsonRefresher) canRefresh(t Token) bool { return r.UseAccessToken || t.RefreshToken != "" }

// Refresh makes the call.
func (r jsonRefresher) Refresh(ctx context.Context, old Token) (Token, error) {
	if !r.canRefresh(old) {
		return Token{}, errNoRefreshToken()
	}
	h := maps.Clone(r.Header)
	if h == nil {
		h = make(http.Header)
	}
	body := maps.Clone(r.Fields)
	if body == nil {
		body = make(map[string]any)
	}
	switch {
	case r.UseAccessToken:
		h.Set("Authorization", old.scheme()+" "+old.AccessToken)
	default:
		place(r.SendRefreshToken, old.RefreshToken, cmp.Or(r.RequestField, "refreshToken"), r.Cookies, h, body)
	}
	data, err := json.Marshal(body)
	if err != nil {
		return Token{}, &RefreshError{Err: fmt.Errorf("the request cannot be encoded: %w", err)}
	}
	call := endpoints.Call{
		Method: cmp.Or(r.Method, http.MethodPost), URL: r.endpoint, ContentType: endpoints.JSONType, Body: string(data),
		Header: h, Transport: r.Transport,
	}
	if call.Method == http.MethodGet {
		call.Body = ""
	}
	parsed, got, err := sendForToken(ctx, call, tokens.Names{Access: r.AccessTokenField, Refresh: r.RefreshTokenField})
	if err != nil {
		return Token{}, refreshFailure(err, r.dead)
	}
	t := Token(parsed)
	if r.SendRefreshToken == InCookie {
		t.RefreshToken = endpoints.CookiesAfter(old.RefreshToken, got, r.Cookies)
	}
	return t, nil
}

// dead reports whether an error of the endpoint ends the session, that the code alone does not end.
func (r jsonRefresher) dead(e *EndpointError) bool {
	statuses := r.DeadStatuses
	if statuses == nil {
		statuses = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}
	}
	return slices.Contains(r.DeadCodes, e.Code) ||
		slices.Contains(statuses, e.Status) && !e.page && !tokens.IsClientProblem(e.Code)
}

// place puts a refresh token into a request.
func place(where Placement, token, field string, cookies []string, h http.Header, body map[string]any) {
	switch where {
	case AsBearer:
		h.Set("Authorization", "Bearer "+token)
	case InCookie:
		h.Add("Cookie", endpoints.CookieHeader(token, cookies))
	default:
		body[field] = token
	}
}
