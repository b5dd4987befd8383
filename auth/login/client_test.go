package login_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/login"
)

func TestClient_is_printed_without_secrets(t *testing.T) {
	t.Parallel()
	c := login.Client{ID: "app", Secret: "hunter22", Params: url.Values{"x": {"hunter22"}}}
	cfg := login.BrowserConfig{Client: c}
	var b strings.Builder
	for _, v := range []any{c, &c, cfg, &cfg, []login.Client{c}, login.DeviceConfig{Client: c}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewJSONHandler(&b, nil)).LogAttrs(t.Context(), slog.LevelInfo, "x", slog.Any("v", v))
	}
	if err := json.NewEncoder(&b).Encode(c); err != nil {
		t.Error(err)
	}
	for _, secret := range []string{"hunter22", fmt.Sprintf("%x", "hunter22")} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%s in\n%s", secret, b.String())
		}
	}
}

func TestClient_OAuth2(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		secret        string
		own, provider oauth2.AuthStyle
		want          oauth2.AuthStyle
	}{
		{"", oauth2.AuthStyleInHeader, oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams},
		{"s", 0, 0, oauth2.AuthStyleInHeader},
		{"s", 0, oauth2.AuthStyleInParams, oauth2.AuthStyleInParams},
		{"s", oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams, oauth2.AuthStyleInHeader},
	} {
		client := login.Client{ID: "app", Secret: c.secret, AuthStyle: c.own, Scopes: []string{"a"}}
		client.Provider.Endpoint = oauth2.Endpoint{TokenURL: "https://id.test/t", AuthStyle: c.provider}
		got := client.OAuth2()
		if got.Endpoint.AuthStyle != c.want || got.ClientID != "app" || got.ClientSecret != c.secret || got.Endpoint.TokenURL != "https://id.test/t" {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// What the token endpoint says becomes a token, or an error without any secret.
func TestBrowser_token_responses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"access_token":"at-1234","token_type":"Bearer"}`:                    "",
		`{"access_token":"at-1234","token_type":"Bearer","expires_in":"300"}`: "",
		`{"error":"invalid_grant","error_description":"code SECRET of app"}`:  "start again",
		`{"error":"invalid_client"}`:                                          "Client.Secret",
		`{"error":"access_denied"}`:                                           "ask again",
		`<html>captive portal</html>`:                                         "token",
		`{}`:                                                                  "token",
		`[]`:                                                                  "token",
		`{"access_token":"` + strings.Repeat("x", 1<<20) + `"}`:               "1 MiB",
	} {
		var sent url.Values
		client := login.Client{ID: "app", Secret: "client-secret", Params: url.Values{
			"resource": {"https://api.test"}, "prompt": {"login"}, "state": {"mine"}, "client_id": {"mine"}, "code_verifier": {"mine"},
		}}
		client.Provider.Endpoint = oauth2.Endpoint{AuthURL: "https://id.test/a", TokenURL: "https://id.test/t"}
		client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			raw, _ := io.ReadAll(r.Body)
			sent, _ = url.ParseQuery(string(raw))
			return answerWith(200, "application/json", strings.ReplaceAll(body, "SECRET", sent.Get("code_verifier")))(r)
		})
		_, err := login.Browser(t.Context(), login.BrowserConfig{
			Client: client, Output: io.Discard, Open: callBack,
		})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.60s: error %v, want %q", body, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), sent.Get("code_verifier")) || strings.Contains(err.Error(), "code-1234")) {
			t.Errorf("%.60s: a secret in %v", body, err)
		}
		if sent.Get("resource") != "https://api.test" || sent.Has("prompt") || sent.Get("code") != "code-1234" || sent.Get("code_verifier") == "mine" {
			t.Errorf("sent %v", sent)
		}
	}
}

// The token endpoint is not reached, or redirects: nothing is sent again elsewhere.
func TestBrowser_token_endpoint_fails(t *testing.T) {
	t.Parallel()
	gone := errors.New("connection refused")
	requests := 0
	client := login.Client{ID: "app"}
	client.Provider.Endpoint = oauth2.Endpoint{AuthURL: "https://id.test/a", TokenURL: "https://id.test/t"}
	for _, response := range []roundTrip{
		func(*http.Request) (*http.Response, error) { return nil, gone },
		func(r *http.Request) (*http.Response, error) {
			resp, err := answerWith(307, "text/html", "")(r)
			resp.Header.Set("Location", "https://elsewhere.test/t")
			return resp, err
		},
		answerWith(503, "text/html", "busy"),
	} {
		requests = 0
		client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) { requests++; return response(r) })
		_, err := login.Browser(t.Context(), login.BrowserConfig{Client: client, Output: io.Discard, Open: callBack})
		if err == nil || requests != 1 || strings.Contains(err.Error(), "code=") {
			t.Errorf("%d requests, error %v", requests, err)
		}
	}
}
