package auth_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
)

const formType = "application/x-www-form-urlencoded"

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, s)
	_ = z.Close()
	return b.String()
}

func utf16le(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

// shape is a response of a server that was seen in the wild, and what a person would read in it.
type shape struct {
	name, contentType, body string
	status                  int
	header                  http.Header
	access, refresh         string // "" for no token
	code                    string // of the error
	dead                    bool   // ErrInvalidGrant, by the code alone
	plainDead               bool   // JSONRefresher's rule for plain 400, 401 and 403, where it differs
}

// shapes are the responses of research and of bug reports.
func shapes() []shape {
	const object = `{"access_token":"a","refresh_token":"r","token_type":"bearer","expires_in":60}`
	wait := http.Header{"Retry-After": {"30"}}
	return []shape{
		{name: "RFC 6749", body: object, access: "a", refresh: "r"},
		{name: "BOM", body: "\ufeff" + object, access: "a", refresh: "r"},
		{name: "gzip without a header", body: gzipped(object), access: "a", refresh: "r"},
		{name: "UTF-16 with a BOM", body: "\xff\xfe" + utf16le(object), access: "a", refresh: "r"},
		{name: "UTF-16 without one", contentType: "application/json; charset=utf-16le", body: utf16le(object), access: "a", refresh: "r"},
		{
			name: "Latin-1", contentType: "application/json; charset=iso-8859-1",
			body: `{"access_token":"a","refresh_token":"r","name":"J` + "\xfc" + `rgen"}`, access: "a", refresh: "r",
		},
		{name: "form", contentType: formType, body: "access_token=a&refresh_token=r&expires_in=60", access: "a", refresh: "r"},
		{name: "form as text", contentType: "text/plain", body: "access_token=a&refresh_token=r&expires_in=60", access: "a", refresh: "r"},
		{name: "form as JSON", contentType: "application/json", body: "access_token=a&refresh_token=r", access: "a", refresh: "r"},
		{name: "form in a JSON string", body: `"access_token=a&refresh_token=r"`, access: "a", refresh: "r"},
		{name: "other form as text", contentType: "text/plain", body: "name=alice&x=1"},
		{name: "equation as text", contentType: "text/plain", body: "session=abc"},
		{name: "words as text", contentType: "text/plain", body: "not now"},
		{name: "padded base64 as text", contentType: "text/plain", body: "YWJjZA==", access: "YWJjZA=="},
		{name: "scheme in the value", body: `{"access_token":"Bearer a","refresh_token":"r"}`, access: "a", refresh: "r"},
		{name: "scheme in text", contentType: "text/plain", body: "Bearer a", access: "a"},
		{name: "nested data", body: `{"data":{"accessToken":"a","refreshToken":"r"}}`, access: "a", refresh: "r"},
		{name: "JSON:API", body: `{"data":{"type":"t","attributes":{"token":"a","refresh-token":"r"}}}`, access: "a", refresh: "r"},
		{name: "Cognito", body: `{"AuthenticationResult":{"AccessToken":"a","RefreshToken":"r","ExpiresIn":60}}`, access: "a", refresh: "r"},
		{name: "simplejwt", body: `{"access":"a","refresh":"r"}`, access: "a", refresh: "r"},
		{
			name: "pairs of objects",
			body: `{"tokens":{"access":{"token":"a","expires":"2999-01-01T00:00:00Z"},"refresh":{"token":"r"}}}`, access: "a", refresh: "r",
		},
		{name: "token object", body: `{"token":{"access_token":"a","refresh_token":"r"}}`, access: "a", refresh: "r"},
		{name: "refresh token outside", body: `{"data":{"token":"a"},"refreshToken":"r"}`, access: "a", refresh: "r"},
		{name: "JSON in a JSON string", body: `"{\"access_token\":\"a\",\"refresh_token\":\"r\"}"`, access: "a", refresh: "r"},
		{name: "against scripts", body: ")]}',\n" + object, access: "a", refresh: "r"},
		{name: "cut off behind the tokens", body: `{"access_token":"a","refresh_token":"r","user":{"na`, access: "a", refresh: "r"},
		{name: "something behind it", body: object + "\n<!-- 12 ms -->", access: "a", refresh: "r"},
		{name: "as HTML", contentType: "text/html", body: object, access: "a", refresh: "r"},
		{name: "null error", body: `{"error":null,"access_token":"a","refresh_token":"r"}`, access: "a", refresh: "r"},
		{name: "absurd lifetime", body: `{"access_token":"a","refresh_token":"r","expires_in":4000000000}`, access: "a", refresh: "r"},
		{name: "array", body: `[{"access_token":"a"}]`},
		{name: "empty", body: ""},
		{name: "page", contentType: "text/html", body: "<html>sign in to the network</html>"},
		{name: "page as JSON", contentType: "application/json", body: "<html>sign in to the network</html>"},
		{name: "too many members", body: `{"access_token":"a"` + strings.Repeat(`,"x":1`, 1000) + `}`},
		{name: "too deep", body: `{"access_token":"a","x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`},

		{name: "invalid_grant", status: 400, body: `{"error":"invalid_grant"}`, code: "invalid_grant", dead: true, plainDead: true},
		{name: "go-oauth2", status: 401, body: `{"error":"invalid_grant"}`, code: "invalid_grant", dead: true, plainDead: true},
		{name: "GitHub", body: `{"error":"bad_refresh_token","error_description":"x"}`, code: "bad_refresh_token", dead: true, plainDead: true},
		{
			name: "GitHub as form", contentType: formType, body: "error=bad_refresh_token&error_description=x",
			code: "bad_refresh_token", dead: true, plainDead: true,
		},
		{name: "Slack", body: `{"ok":false,"error":"invalid_refresh_token"}`, code: "invalid_refresh_token", dead: true, plainDead: true},
		{name: "Slack, slow", body: `{"ok":false,"error":"ratelimited"}`, code: "ratelimited"},
		{
			name: "Supabase", status: 400, body: `{"code":400,"error_code":"refresh_token_not_found","msg":"x"}`,
			code: "refresh_token_not_found", dead: true, plainDead: true,
		},
		{
			name: "Supabase, used", status: 400, body: `{"code":"refresh_token_already_used","message":"x"}`,
			code: "refresh_token_already_used", dead: true, plainDead: true,
		},
		{
			name: "HubSpot", status: 400, body: `{"status":"BAD_REFRESH_TOKEN","message":"missing or unknown"}`,
			code: "bad_refresh_token", dead: true, plainDead: true,
		},
		{
			name: "Firebase", status: 400, body: `{"error":{"code":400,"message":"TOKEN_EXPIRED","status":"INVALID_ARGUMENT"}}`,
			code: "token_expired", dead: true, plainDead: true,
		},
		{name: "Dex", status: 400, body: `{"error":"invalid_request"}`, code: "invalid_request", plainDead: true},
		{name: "Hydra, busy", status: 500, body: `{"error":"error"}`, code: "error"},
		{name: "NestJS", status: 401, body: `{"statusCode":401,"message":"No","error":"Unauthorized"}`, code: "unauthorized", plainDead: true},
		{name: "tutorial", status: 401, body: `{"message":"Invalid refresh token"}`, plainDead: true},
		{name: "plain 403", status: 403, plainDead: true},
		{name: "bare string", status: 401, body: `"jwt expired"`, plainDead: true},
		{name: "invalid_client", status: 401, body: `{"error":"invalid_client"}`, code: "invalid_client"},
		{name: "use_dpop_nonce", status: 400, body: `{"error":"use_dpop_nonce"}`, code: "use_dpop_nonce"},
		{name: "slow_down", status: 400, body: `{"error":"slow_down"}`, code: "slow_down"},
		{name: "temporarily_unavailable", status: 400, body: `{"error":"temporarily_unavailable"}`, code: "temporarily_unavailable"},
		{name: "rate limit", status: 403, body: `{"error":"rate_limited"}`, code: "rate_limited"},
		{name: "Supabase, rate limit", status: 403, body: `{"error_code":"over_request_rate_limit"}`, code: "over_request_rate_limit"},
		{name: "firewall's JSON", status: 403, header: wait, body: `{"message":"blocked"}`},
		{name: "firewall, empty", status: 400, header: wait},
		{name: "firewall, 401", status: 401, header: wait, body: `{}`},
		{name: "firewall, invalid_grant", status: 400, header: wait, body: `{"error":"invalid_grant"}`, code: "invalid_grant"},
		{name: "exhausted", status: 403, header: http.Header{"X-Ratelimit-Remaining": {"0"}}, body: `{}`},
		{name: "firewall's page", status: 403, contentType: "text/html", body: "<html>blocked</html>"},
		{name: "firewall's text", status: 403, contentType: "text/plain", body: "blocked"},
		{name: "429", status: 429, body: `{"error":"invalid_grant"}`, code: "invalid_grant"},
		{name: "503", status: 503, body: `{"error":"invalid_grant"}`, code: "invalid_grant"},
		{name: "redirect", status: 302, header: http.Header{"Location": {"/login"}}},
	}
}

func (s shape) statusCode() int {
	if s.status == 0 {
		return http.StatusOK
	}
	return s.status
}

func (s shape) serve(w http.ResponseWriter, _ *http.Request) {
	maps.Copy(w.Header(), s.header)
	if s.contentType != "" {
		w.Header().Set("Content-Type", s.contentType)
	}
	w.WriteHeader(s.statusCode())
	_, _ = io.WriteString(w, s.body)
}

// TestShapes: every response through ParseToken, JSONRefresher, and OAuth2Refresher, from a real
// server.
func TestShapes(t *testing.T) {
	t.Parallel()
	for _, s := range shapes() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, s.serve)
			s.check(t, "ParseToken", s.dead, func() (auth.Token, error) {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := transport(t).RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				return auth.ParseToken(resp)
			})
			s.check(t, "JSONRefresher", s.plainDead, func() (auth.Token, error) {
				return auth.JSONRefresher{URL: server, Transport: transport(t)}.Refresh(t.Context(), old)
			})
			s.check(t, "OAuth2Refresher", s.dead, func() (auth.Token, error) {
				c := &oauth2.Config{ClientID: "cli", Endpoint: oauth2.Endpoint{TokenURL: server}}
				got, err := auth.OAuth2Refresher{Config: c, Transport: transport(t)}.Refresh(t.Context(), old)
				if got.RefreshToken == old.RefreshToken { // kept
					got.RefreshToken = ""
				}
				return got, err
			})
		})
	}
}

func (s shape) check(t *testing.T, how string, dead bool, parse func() (auth.Token, error)) {
	t.Helper()
	got, err := parse()
	if s.access != "" {
		if err != nil || got.AccessToken != s.access || got.RefreshToken != s.refresh {
			t.Errorf("%s: got %q, %q, %v", how, got.AccessToken, got.RefreshToken, err)
		}
		return
	}
	if err == nil || errors.Is(err, auth.ErrInvalidGrant) != dead {
		t.Fatalf("%s: got %v, want dead %v", how, err, dead)
	}
	e, ok := errors.AsType[*auth.EndpointError](err)
	if !ok || e.Status != s.statusCode() || e.Code != s.code {
		t.Errorf("%s: got %#v, want status %d, code %q", how, err, s.statusCode(), s.code)
	}
	if s.header.Get("Retry-After") != "" && e.RetryAfter != 30*time.Second {
		t.Errorf("%s: wait %v", how, e.RetryAfter)
	}
	re, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || dead != (re.ErrorCode == "invalid_grant") && s.code != "invalid_grant" {
		t.Errorf("%s: as an error of x/oauth2: %+v", how, re)
	}
	if s.body != "" && strings.Contains(err.Error(), s.body) || strings.Contains(err.Error(), "network") {
		t.Errorf("%s: %v quotes the response", how, err)
	}
}

// TestParseToken_says what arrived: status, type, names of members; no values, and nothing that a
// terminal obeys.
func TestParseToken_says(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status                  int
		contentType, body, want string
	}{
		"members": {
			200, "application/json", `{"ok":true,"user":{"password":"hunter2"},"\u001b[31m":1}`,
			"auth: the token endpoint responded with status 200: it holds no token (application/json, members ok, user)",
		},
		"page":   {200, "text/html; charset=utf-8", "<html>", "auth: the token endpoint responded with status 200: it is a page (text/html)"},
		"type":   {200, "te\x1bxt", "<html>", `auth: the token endpoint responded with status 200: it is a page (te\x1bxt)`},
		"client": {400, "", `{"error":"invalid_client"}`, "auth: the token endpoint responded with status 400: invalid_client: the server does not accept this client or its request; the configuration must change"},
		"code":   {400, "", `{"error":"x9-secret"}`, "auth: the token endpoint responded with status 400"},
		"empty":  {204, "", "", "auth: the token endpoint responded with status 204: it is empty"},
	} {
		_, err := auth.ParseToken(&http.Response{
			StatusCode: test.status, Header: http.Header{"Content-Type": {test.contentType}}, Body: io.NopCloser(strings.NewReader(test.body)),
		})
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v\nwant %s", name, err, test.want)
		}
	}
	if _, err := auth.ParseToken(&http.Response{StatusCode: http.StatusOK}); err == nil {
		t.Error("no body: want an error")
	}
}

// TestParseToken_keeps everything that the server gave.
func TestParseToken_keeps(t *testing.T) {
	t.Parallel()
	const body = `{"access_token":"a","refresh_token":"r","token_type":"DPoP","expires_in":"60","scope":["x","y"],
		"id_token":"i","instance_url":"https://i.example","user":{"id":7},"refresh_expires_in":5}`
	begin := time.Now()
	got, err := auth.ParseToken(&http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))})
	if err != nil {
		t.Fatal(err)
	}
	if left := got.Expiry.Sub(begin).Round(10 * time.Second); left != time.Minute {
		t.Errorf("%v left", left)
	}
	got.Expiry = time.Time{}
	want := auth.Token{
		AccessToken: "a", RefreshToken: "r", TokenType: "DPoP", Scope: "x y", IDToken: "i",
		Extra: map[string]any{"instance_url": "https://i.example", "user": map[string]any{"id": 7.0}, "refresh_expires_in": 5.0},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v", got.OAuth2())
	}
	o := got.OAuth2()
	if o.Extra("scope") != "x y" || o.Extra("id_token") != "i" || o.Extra("instance_url") != "https://i.example" {
		t.Errorf("x/oauth2 lost something: %v", o.Extra("scope"))
	}
	back := auth.FromOAuth2(o, "instance_url", "user", "refresh_expires_in", "absent")
	if !reflect.DeepEqual(back, want) {
		t.Errorf("back again: %#v", back.OAuth2())
	}
}
