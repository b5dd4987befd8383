package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// JSONRefresher refreshes at an endpoint that speaks plain REST: POST {"refreshToken": "…"}, answered by 200 or 201 with
// the new token, as a JSON string, as bare text, or in an object.
//
// In an object these names are known, also in the spelling access_token: accessToken, token, jwt; refreshToken;
// tokenType; expiresIn (seconds, number or string) and expiresAt, expiry or expires (RFC 3339, or seconds or milliseconds since
// 1970). The object may be wrapped in one named data, result, session or tokens. Without an expiry that makes sense, the one in the access
// token counts, if that is a JWT. The Date of the answer takes the difference between the clocks out.
type JSONRefresher struct {
	// URL of the endpoint; relative to Config.BaseURL if it is not absolute.
	URL string
	// RequestField is the name of the refresh token in the request. Default "refreshToken".
	RequestField string
	// AccessTokenField and RefreshTokenField are names in the answer, for servers that use none of the known.
	AccessTokenField  string
	RefreshTokenField string
	// DeadStatuses are the answers that mean that the refresh token is dead, if their body is JSON or empty: an
	// HTML page is a proxy's, not the server's. An error in the body that RFC 6749 §5.2 gives to the client's or
	// the server's own trouble, such as invalid_client, keeps the session. Nil: 400, 401 and 403.
	DeadStatuses []int
	// Header is added to the request, an API key perhaps.
	Header http.Header
	// UseAccessToken sends the access token as a Bearer and no refresh token, for servers where a token
	// that has not expired yet renews itself. Choose an ExpiryWindow long enough.
	UseAccessToken bool
	// Transport sends the request. It must not be one with the chain. Nil: [http.DefaultTransport].
	Transport http.RoundTripper

	bound bool // the URL has been checked
}

// String shows the endpoint only: URL may hold a secret in its query, Header an API key.
func (r JSONRefresher) String() string { return "auth.JSONRefresher(" + endpointText(r.URL) + ")" }

// Format prints String, whatever the verb.
func (r JSONRefresher) Format(f fmt.State, _ rune) { printMasked(f, r.String()) }

// MarshalText returns String, for logs.
func (r JSONRefresher) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r JSONRefresher) bind(base *url.URL, c *Config) (ownRefresher, error) {
	endpoint, err := c.checkEndpoint("JSONRefresher.URL", r.URL, base)
	r.URL, r.bound = endpoint, true
	return r, err
}

func (r JSONRefresher) suits(t Token) bool { return r.UseAccessToken || t.RefreshToken != "" }

// Refresh makes the call. It is sent once and follows no redirect.
func (r JSONRefresher) Refresh(ctx context.Context, old Token) (Token, error) {
	if !r.bound { // used outside of a Config
		if _, err := r.bind(nil, &Config{}); err != nil {
			return Token{}, &RefreshError{Err: err}
		}
	}
	if !r.suits(old) {
		return Token{}, fmt.Errorf("%w: there is none", ErrInvalidGrant)
	}
	h := http.Header{}
	maps.Copy(h, r.Header)
	body := []byte("{}")
	if r.UseAccessToken {
		h.Set("Authorization", old.scheme()+" "+old.AccessToken)
	} else {
		var err error
		if body, err = json.Marshal(map[string]string{cmp.Or(r.RequestField, "refreshToken"): old.RefreshToken}); err != nil {
			return Token{}, err
		}
	}
	asked := time.Now()
	a, err := post(ctx, r.Transport, r.URL, "application/json", string(body), h)
	if err != nil {
		return Token{}, err
	}
	switch {
	case a.status >= 200 && a.status < 300:
		t, ok := parseToken(a, r.AccessTokenField, r.RefreshTokenField, asked)
		if !ok {
			return Token{}, a.transient("its answer holds no token")
		}
		return t, nil
	case r.dead(a):
		return Token{}, a.dead()
	default:
		return Token{}, a.transient("")
	}
}

// dead tells whether the answer ends the session.
func (r JSONRefresher) dead(a *answer) bool {
	statuses := r.DeadStatuses
	if statuses == nil {
		statuses = []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden}
	}
	body := bytes.TrimSpace(a.body)
	if !slices.Contains(statuses, a.status) || len(body) > 0 && !json.Valid(body) {
		return false
	}
	var oauth struct {
		Error any `json:"error"`
	}
	if json.Unmarshal(body, &oauth) != nil {
		return true
	}
	switch oauth.Error { // RFC 6749 §5.2: these are about the client or the server, not the token
	case "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
		"temporarily_unavailable", "server_error", "slow_down":
		return false
	default:
		return true
	}
}
