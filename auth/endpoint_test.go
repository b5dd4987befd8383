package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
)

// endpoint answers every request in one way, and notes the last one.
type endpoint struct {
	*httptest.Server

	body   string
	header http.Header
	calls  int
}

func answer(t *testing.T, status int, contentType, body string) *endpoint {
	t.Helper()
	e := new(endpoint)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		e.body, e.header = string(data), r.Header
		e.calls++
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(e.Close)
	return e
}

// transport is one that leaves no connection behind.
func transport(t *testing.T) http.RoundTripper {
	t.Helper()
	base := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(base.CloseIdleConnections)
	return base
}

// jwt makes an unsigned token with the claims; nobody verifies it here.
func jwt(claims string) string {
	return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".x"
}

var old = auth.Token{AccessToken: "old-access", RefreshToken: "old-refresh"}

// TestJSONRefresher_shapes: every form of answer that servers have been seen to give (rule 12).
func TestJSONRefresher_shapes(t *testing.T) {
	t.Parallel()
	lived := jwt(`{"iat":1000,"exp":1600}`)
	for name, test := range map[string]struct {
		contentType, body string
		access, refresh   string
		lifetime          time.Duration
	}{
		"object":              {"", `{"accessToken":"a","refreshToken":"r","expiresIn":60}`, "a", "r", time.Minute},
		"snake case":          {"", `{"access_token":"a","refresh_token":"r","expires_in":60,"token_type":"bearer"}`, "a", "r", time.Minute},
		"seconds as a string": {"", `{"accessToken":"a","expiresIn":"60"}`, "a", "", time.Minute},
		"nanoseconds":         {"", `{"accessToken":"a","expiresIn":4000000000}`, "a", "", 0},
		"zero":                {"", `{"accessToken":"a","expiresIn":0}`, "a", "", 0},
		"null":                {"", `{"accessToken":"a","expiresIn":null}`, "a", "", 0},
		"no expiry":           {"", `{"token":"a"}`, "a", "", 0},
		"the JWT's own":       {"", `{"jwt":"` + lived + `"}`, lived, "", 10 * time.Minute},
		"wrapped":             {"", `{"data":{"accessToken":"a","refreshToken":"r"}}`, "a", "r", 0},
		"a JSON string":       {"application/json", `"a"`, "a", "", 0},
		"bare text":           {"text/plain; charset=utf-8", "a\n", "a", "", 0},
		"an empty refresh":    {"", `{"accessToken":"a","refreshToken":""}`, "a", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := answer(t, http.StatusCreated, test.contentType, test.body)
			r := auth.JSONRefresher{URL: e.URL, Transport: transport(t), Header: http.Header{"X-Api-Key": {"key"}}}
			begin := time.Now()
			got, err := r.Refresh(t.Context(), old)
			if err != nil || got.AccessToken != test.access || got.RefreshToken != test.refresh {
				t.Fatalf("got %q %q, %v", got.AccessToken, got.RefreshToken, err)
			}
			if test.lifetime == 0 != got.Expiry.IsZero() || test.lifetime > 0 && got.Expiry.Sub(begin).Round(10*time.Second) != test.lifetime {
				t.Errorf("expiry %v, want %v", got.Expiry, test.lifetime)
			}
			if e.body != `{"refreshToken":"old-refresh"}` || e.header.Get("X-Api-Key") != "key" || e.calls != 1 {
				t.Errorf("sent %q, %d times", e.body, e.calls)
			}
		})
	}
}

// TestJSONRefresher_expiresAt is read by the server's clock.
func TestJSONRefresher_expiresAt(t *testing.T) {
	t.Parallel()
	for _, form := range []func(time.Time) string{
		func(at time.Time) string { return `"` + at.Format(time.RFC3339) + `"` },
		func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) },
		func(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) },
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			now := time.Now().Add(time.Hour) // its clock is an hour ahead
			w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
			_, _ = io.WriteString(w, `{"accessToken":"a","expiresAt":`+form(now.Add(time.Minute))+`}`)
		}))
		t.Cleanup(server.Close)
		got, err := auth.JSONRefresher{URL: server.URL, Transport: transport(t)}.Refresh(t.Context(), old)
		if left := time.Until(got.Expiry).Round(5 * time.Second); err != nil || left != time.Minute {
			t.Errorf("%v left, %v", left, err)
		}
	}
}

// TestJSONRefresher_dead: which answers end the session, and which do not.
func TestJSONRefresher_dead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status            int
		contentType, body string
		dead              bool
	}{
		{400, "", `{"error":"invalid_grant"}`, true},
		{401, "", `{"message":"Invalid refresh token"}`, true},
		{401, "", "", true},
		{403, "", `{"code":403}`, true},
		{401, "", `"jwt expired"`, true},
		{403, "text/html", "<html>", false},
		{401, "text/plain", "Unauthorized", false},
		{401, "", `{"error":"invalid_client"}`, false},
		{404, "", `{}`, false},
		{429, "", `{}`, false},
		{500, "", `{}`, false},
		{200, "", `{}`, false},
		{200, "text/html", "<html>sign in to the wifi</html>", false},
		{200, "text/plain", "two words", false},
		{204, "", "", false},
	} {
		e := answer(t, test.status, test.contentType, test.body)
		_, err := auth.JSONRefresher{URL: e.URL, Transport: transport(t)}.Refresh(t.Context(), old)
		if err == nil || errors.Is(err, auth.ErrInvalidGrant) != test.dead {
			t.Errorf("%d %q: got %v, want dead %v", test.status, test.body, err, test.dead)
		}
		if re, ok := errors.AsType[*auth.RefreshError](err); !test.dead && (!ok || re.Status != test.status) {
			t.Errorf("%d: got %v", test.status, err)
		}
	}
	e := answer(t, http.StatusGone, "", "")
	r := auth.JSONRefresher{URL: e.URL, Transport: transport(t), DeadStatuses: []int{http.StatusGone}, RequestField: "rt"}
	if _, err := r.Refresh(t.Context(), old); !errors.Is(err, auth.ErrInvalidGrant) || e.body != `{"rt":"old-refresh"}` {
		t.Errorf("got %v, sent %s", err, e.body)
	}
	if _, err := r.Refresh(t.Context(), auth.Token{AccessToken: "a"}); !errors.Is(err, auth.ErrInvalidGrant) || e.calls != 1 {
		t.Errorf("without a refresh token: %v", err)
	}
}

// TestJSONRefresher_useAccessToken: a token that renews itself (PocketBase).
func TestJSONRefresher_useAccessToken(t *testing.T) {
	t.Parallel()
	e := answer(t, http.StatusOK, "", `{"token":"new"}`)
	got, err := auth.JSONRefresher{URL: e.URL, Transport: transport(t), UseAccessToken: true}.Refresh(t.Context(), old)
	if err != nil || got.AccessToken != "new" || e.header.Get("Authorization") != "Bearer old-access" || strings.Contains(e.body, "refresh") {
		t.Errorf("got %q, %v; sent %q", got.AccessToken, err, e.body)
	}
}

func oauthConfig(e *endpoint) *oauth2.Config {
	return &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: e.URL + "/token"}}
}

// bound returns the refresher with a transport.
func bound(t *testing.T, r auth.OAuth2Refresher) auth.Refresher {
	t.Helper()
	r.Transport = transport(t)
	return r
}

func TestOAuth2Refresher(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  int
		body    string
		codes   []string
		dead    bool
		access  string
		refresh string
	}{
		"rotated":         {200, `{"access_token":"a","refresh_token":"r","token_type":"bearer","expires_in":60}`, nil, false, "a", "r"},
		"kept":            {200, `{"access_token":"a","token_type":"bearer"}`, nil, false, "a", "old-refresh"},
		"invalid_grant":   {400, `{"error":"invalid_grant"}`, nil, true, "", ""},
		"401":             {401, `{"error":"invalid_grant"}`, nil, true, "", ""},
		"200 with error":  {200, `{"error":"invalid_grant"}`, nil, true, "", ""},
		"invalid_client":  {401, `{"error":"invalid_client"}`, nil, false, "", ""},
		"dex":             {400, `{"error":"invalid_request"}`, []string{"invalid_request"}, true, "", ""},
		"unknown request": {400, `{"error":"invalid_request"}`, nil, false, "", ""},
		"trouble":         {503, `nothing`, nil, false, "", ""},
		"html":            {403, `<html>`, nil, false, "", ""},
		"no token":        {200, `{}`, nil, false, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := answer(t, test.status, "application/json", test.body)
			got, err := bound(t, auth.OAuth2Refresher{Config: oauthConfig(e), DeadCodes: test.codes}).Refresh(t.Context(), old)
			if test.access != "" {
				if err != nil || got.AccessToken != test.access || got.RefreshToken != test.refresh {
					t.Errorf("got %q %q, %v", got.AccessToken, got.RefreshToken, err)
				}
			} else if err == nil || errors.Is(err, auth.ErrInvalidGrant) != test.dead {
				t.Errorf("got %v, want dead %v", err, test.dead)
			}
			if e.header.Get("Accept") != "application/json" {
				t.Errorf("Accept: %q", e.header.Get("Accept"))
			}
			if e.calls != 1 || !strings.Contains(e.body, "grant_type=refresh_token") || !strings.Contains(e.body, "client_id=cli") {
				t.Errorf("sent %q, %d times", e.body, e.calls)
			}
		})
	}
}

// TestOAuth2Refresher_forms: answers that x/oauth2 would give up on, and with them on the new
// refresh token.
func TestOAuth2Refresher_forms(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for name, test := range map[string]struct {
		contentType, body string
		lifetime          time.Duration
	}{
		"a query string":        {form, "access_token=a&refresh_token=r&expires_in=60&token_type=bearer", time.Minute},
		"without a lifetime":    {form, "access_token=a&refresh_token=r", 0},
		"JSON as text":          {"text/plain", `{"access_token":"a","refresh_token":"r","expires_in":60}`, time.Minute},
		"JSON as anything":      {"application/octet-stream", `{"access_token":"a","refresh_token":"r","expires_in":60}`, time.Minute},
		"half a second":         {"application/json", `{"access_token":"a","refresh_token":"r","expires_in":60.5}`, time.Minute + 500*time.Millisecond},
		"1e300":                 {"application/json", `{"access_token":"a","refresh_token":"r","expires_in":1e300}`, 0},
		"an object":             {"application/json", `{"access_token":"a","refresh_token":"r","expires_in":{}}`, 0},
		"an empty string":       {"application/json", `{"access_token":"a","refresh_token":"r","expires_in":""}`, 0},
		"a type that is none":   {"application/json", `{"access_token":"a","refresh_token":"r","token_type":7}`, 0},
		"an error that is none": {"application/json", `{"access_token":"a","refresh_token":"r","error":null,"error_description":7}`, 0},
		"expires_at":            {"application/json", `{"access_token":"a","refresh_token":"r","expires_at":"2999-01-01T00:00:00Z"}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := answer(t, http.StatusOK, test.contentType, test.body)
			begin := time.Now()
			got, err := bound(t, auth.OAuth2Refresher{Config: oauthConfig(e)}).Refresh(t.Context(), old)
			if err != nil || got.AccessToken != "a" || got.RefreshToken != "r" {
				t.Fatalf("got %q %q, %v", got.AccessToken, got.RefreshToken, err)
			}
			if left := got.Expiry.Sub(begin); (test.lifetime == 0) != got.Expiry.IsZero() ||
				test.lifetime > 0 && (left < test.lifetime || left > test.lifetime+30*time.Second) {
				t.Errorf("expires %v, want %v", got.Expiry, test.lifetime)
			}
		})
	}
}

// TestOAuth2Refresher_secret goes into the header, and the style is never guessed (a guess spends
// the refresh token twice).
func TestOAuth2Refresher_secret(t *testing.T) {
	t.Parallel()
	e := answer(t, http.StatusBadRequest, "application/json", `{"error":"invalid_client"}`)
	c := oauthConfig(e)
	c.ClientSecret = "hush"
	_, err := bound(t, auth.OAuth2Refresher{Config: c}).Refresh(t.Context(), old)
	if err == nil || e.calls != 1 || !strings.HasPrefix(e.header.Get("Authorization"), "Basic ") || strings.Contains(e.body, "hush") {
		t.Errorf("%v; %d calls, body %q", err, e.calls, e.body)
	}
	if c.Endpoint.AuthStyle != oauth2.AuthStyleAutoDetect {
		t.Error("the user's configuration was changed")
	}
}

func TestOAuth2Refresher_network(t *testing.T) {
	t.Parallel()
	e := answer(t, http.StatusOK, "", "")
	e.Close()
	_, err := bound(t, auth.OAuth2Refresher{Config: oauthConfig(e)}).Refresh(t.Context(), old)
	if _, ok := errors.AsType[*auth.RefreshError](err); !ok || strings.Contains(err.Error(), "old-refresh") {
		t.Errorf("got %v", err)
	}
	if _, err := bound(t, auth.OAuth2Refresher{Config: oauthConfig(e)}).Refresh(t.Context(), auth.Token{}); !errors.Is(err, auth.ErrInvalidGrant) {
		t.Errorf("without a refresh token: %v", err)
	}
}

func TestOAuth2Revoker(t *testing.T) {
	t.Parallel()
	e := answer(t, http.StatusOK, "", "")
	if err := (auth.OAuth2Revoker{URL: e.URL, ClientID: "cli", Transport: transport(t)}).Revoke(t.Context(), old); err != nil {
		t.Error(err)
	}
	if e.body != "client_id=cli&token=old-refresh&token_type_hint=refresh_token" {
		t.Errorf("sent %q", e.body)
	}
	r := auth.OAuth2Revoker{URL: e.URL, ClientID: "cli", ClientSecret: "hush", Transport: transport(t)}
	if err := r.Revoke(t.Context(), auth.Token{AccessToken: "a"}); err != nil || e.body != "token=a&token_type_hint=access_token" {
		t.Errorf("sent %q, %v", e.body, err)
	}
	if !strings.HasPrefix(e.header.Get("Authorization"), "Basic ") {
		t.Error("no client authentication")
	}
	bad := answer(t, http.StatusServiceUnavailable, "", "")
	if err := (auth.OAuth2Revoker{URL: bad.URL, Transport: transport(t)}).Revoke(t.Context(), old); err == nil {
		t.Error("want an error")
	}
	bad.Close()
	if err := (auth.OAuth2Revoker{URL: bad.URL, Transport: transport(t)}).Revoke(context.WithoutCancel(t.Context()), old); err == nil {
		t.Error("want an error")
	}
}
