package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

const canary = "c4n4ry"

// TestRedaction: whatever can hold a secret prints without it.
func TestRedaction(t *testing.T) {
	t.Parallel()
	tok := auth.Token{AccessToken: canary, RefreshToken: canary, TokenType: "Bearer", Expiry: time.Unix(1, 0)}
	session := signedIn(t, auth.Config{BaseURL: "https://api.example.com"})
	if err := session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	status, err := session.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{
		tok, &tok,
		[]auth.Token{tok},
		map[string]auth.Token{"x": tok},
		struct{ T auth.Token }{tok},
		status,
		auth.JSONRefresher{URL: "https://x.example/?key=" + canary, Header: http.Header{"X-Api-Key": {canary}}},
		auth.OAuth2Refresher{Config: &oauth2.Config{ClientSecret: canary}},
		auth.OAuth2Refresher{},
		auth.OAuth2Revoker{URL: "https://x.example/", ClientSecret: canary},
		auth.Config{Refresher: auth.JSONRefresher{Header: http.Header{"X-Api-Key": {canary}}}},
		session,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, canary) {
				t.Errorf("%T with %s: %s", v, verb, text)
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", slog.Any("v", v))
		if strings.Contains(log.String(), canary) {
			t.Errorf("%T in slog: %s", v, log.String())
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", slog.Any("v", tok))
	if strings.Contains(log.String(), canary) {
		t.Errorf("in a JSON log: %s", log.String())
	}
}

// TestErrorsNeverLeak: no error, event or log record holds a token or a body, whatever the token endpoint answers.
func TestErrorsNeverLeak(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 401, 403, 429, 500} {
		for _, body := range []string{canary + " " + canary, `{"error":"` + canary + `","error_description":"` + canary + `"}`, `{"accessToken":"` + canary + ` "}`} {
			e := answer(t, status, "", body)
			for _, r := range []auth.Refresher{
				auth.JSONRefresher{URL: e.URL + "/?k=" + canary, Transport: transport(t)},
				bound(t, auth.OAuth2Refresher{Config: oauthConfig(e)}),
			} {
				var log bytes.Buffer
				var events []auth.Event
				session, err := auth.New(auth.Config{
					BaseURL: "https://api.example.com", Refresher: r, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
					OnEvent: func(e auth.Event) { events = append(events, e) },
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := session.Login(t.Context(), auth.Token{AccessToken: canary, RefreshToken: canary}); err != nil {
					t.Fatal(err)
				}
				_, err = session.Refresh(t.Context())
				if text := fmt.Sprintf("%v %+v %s %+v", err, err, log.String(), events); strings.Contains(text, canary) {
					t.Errorf("%d %s: %s", status, body, text)
				}
				if err == nil {
					t.Errorf("%d %s: no error", status, body)
				}
				if err := session.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// TestToken_conversions to and from x/oauth2 lose nothing.
func TestToken_conversions(t *testing.T) {
	t.Parallel()
	tok := auth.Token{AccessToken: "a", RefreshToken: "r", TokenType: "Bearer", Expiry: time.Unix(1, 0)}
	if got := auth.FromOAuth2(tok.OAuth2()); got != tok {
		t.Errorf("got %+v", got)
	}
	if got := auth.FromOAuth2(nil); got != (auth.Token{}) {
		t.Errorf("got %+v", got)
	}
	var back auth.Token
	err := json.Unmarshal([]byte(`{"access_token":"a","refresh_token":"r","expiry":"1970-01-01T00:00:01Z"}`), &back)
	if err != nil || back.AccessToken != "a" || back.RefreshToken != "r" || !back.Expiry.Equal(tok.Expiry) {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestTokenSource(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	source := f.session.TokenSource(t.Context())
	client := oauth2.NewClient(context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: f.Transport()}), source)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.URL+"/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("got %v", err)
	}
	_ = resp.Body.Close()
	client.CloseIdleConnections()
	if err := f.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("got %v", err)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	f := join(t, s, func(c *auth.Config) { c.Account = "work" })
	st, err := f.session.Status(t.Context())
	if err != nil || st.SignedIn || st.Account != "work" || st.Reason != auth.ReasonNone {
		t.Errorf("before: %+v, %v", st, err)
	}
	f.login(t)
	if st, err = f.session.Status(t.Context()); err != nil || !st.SignedIn || !st.Refreshable || st.Expired || st.Expiry.IsZero() {
		t.Errorf("signed in: %+v, %v", st, err)
	}
	f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	if _, err := f.session.Refresh(t.Context()); !errors.Is(err, auth.ErrRefreshFailed) {
		t.Errorf("got %v", err)
	}
	if st, err = f.session.Status(t.Context()); err != nil || !errors.Is(st.LastError, auth.ErrRefreshFailed) {
		t.Errorf("after a failure: %+v, %v", st, err)
	}
	if _, err := f.session.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	if err := f.session.Logout(t.Context()); err != nil {
		t.Error(err)
	}
	if st, err = f.session.Status(t.Context()); err != nil || st.SignedIn || st.Reason != auth.ReasonLogout {
		t.Errorf("after: %+v, %v", st, err)
	}
	if _, err := f.session.Refresh(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("got %v", err)
	}
	if err := f.session.Login(t.Context(), auth.Token{}); err == nil {
		t.Error("want an error for no token")
	}
}

// TestPanics of the user's functions wedge nobody.
func TestPanics(t *testing.T) {
	t.Parallel()
	boom := func() { panic("mine") } //nolint:forbidigo // that is the test
	var log bytes.Buffer
	f := start(t, authtest.Config{}, func(c *auth.Config) {
		c.OnEvent = func(auth.Event) { boom() }
		c.Revoke = func(context.Context, auth.Token) error { boom(); return nil }
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	if err := f.session.Logout(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "OnEvent panicked") || !strings.Contains(log.String(), "Revoke panicked") {
		t.Errorf("log: %s", log.String())
	}
}
