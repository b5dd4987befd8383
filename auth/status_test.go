package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestToken_conversions to and from x/oauth2 lose nothing, and a Token can be read from JSON.
func TestToken_conversions(t *testing.T) {
	t.Parallel()
	tok := auth.Token{AccessToken: "a", RefreshToken: "r", TokenType: "Bearer", Expiry: time.Unix(1, 0)}
	if got := auth.FromOAuth2(tok.OAuth2()); !reflect.DeepEqual(got, tok) {
		t.Errorf("got %+v", got)
	}
	if got := auth.FromOAuth2(nil); !reflect.DeepEqual(got, auth.Token{}) {
		t.Errorf("got %+v", got)
	}
	var back auth.Token
	err := json.Unmarshal([]byte(`{"access_token":"a","refresh_token":"r","expiry":"1970-01-01T00:00:01Z"}`), &back)
	if err != nil || back.AccessToken != "a" || back.RefreshToken != "r" || !back.Expiry.Equal(tok.Expiry) {
		t.Errorf("got %+v, %v", back, err)
	}
}

// TestTokenSource lends the session to a client of x/oauth2: renewed when it has expired, over when
// the session is.
func TestTokenSource(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	source := f.session.TokenSource(t.Context())
	client := oauth2.NewClient(oauthContext(t, f.Server), source)
	get := func() int {
		resp, err := client.Do(request(t, f.URL+"/me"))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if got := get(); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
	tok := token(f.Issue("alice"))
	tok.Expiry = time.Now().Add(-time.Second)
	if err := f.session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	first, err := source.Token()
	if err != nil || first.AccessToken == tok.AccessToken || !first.Valid() {
		t.Errorf("an expired token, %v", err)
	}
	f.AssertRefreshes(t, 1)
	client.CloseIdleConnections()
	if err := f.session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Token(); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("got %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	f.login(t)
	if err := f.session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	if _, err := f.session.TokenSource(canceled).Token(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestStatus over a session's life.
func TestStatus(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{})
	t.Cleanup(s.Close)
	f := join(t, s, func(c *auth.Config) { c.Account = "work" })
	st, err := f.session.Status(t.Context())
	if err != nil || st.SignedIn || st.Account != "work" || st.Reason != auth.ReasonNeverSignedIn || st.Refreshable {
		t.Errorf("before: %+v, %v", st, err)
	}
	f.login(t)
	if st, err = f.session.Status(t.Context()); err != nil || !st.SignedIn || st.Reason != auth.ReasonNone || !st.Refreshable || st.Expired || st.Expiry.IsZero() {
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
	if st, err = f.session.Status(t.Context()); err != nil || st.LastError != nil {
		t.Errorf("after a success: %+v, %v", st, err)
	}
	tok := token(f.Issue("alice"))
	tok.Expiry = time.Now().Add(-time.Minute)
	if err := f.session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	if st, err = f.session.Status(t.Context()); err != nil || !st.Expired || !st.Expiry.Equal(tok.Expiry) {
		t.Errorf("expired: %+v, %v", st, err)
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
}

// TestRefresh_joins one that is under way.
func TestRefresh_joins(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	before, err := f.session.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.ExpireAccess()
	release := f.HoldRefresh()
	r := f.goGet(t.Context(), "/me")
	f.await(t, refreshing(1))
	done := make(chan auth.Token, 1)
	go func() {
		tok, err := f.session.Refresh(t.Context())
		if err != nil {
			t.Error(err)
		}
		done <- tok
	}()
	release()
	(<-r).want(t, http.StatusOK)
	if tok := <-done; tok.AccessToken == before.AccessToken {
		t.Error("the old token")
	}
}

// TestEvents and the records of the log, from login to logout.
func TestEvents(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := start(t, authtest.Config{}, func(c *auth.Config) {
		c.Account = "work"
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: withoutTimes}))
	})
	f.ExpireAccess()
	f.FailRefresh(1, http.StatusServiceUnavailable, nil, "")
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	f.mustGet(t, "/me", http.StatusOK)
	if err := f.session.Logout(t.Context()); err != nil {
		t.Error(err)
	}
	f.login(t)
	f.RevokeAll()
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.events.want(t, "signed in, refresh failed, token refreshed, signed out, signed in, signed out")
	want := `level=INFO msg=auth event="signed in" account=work
level=WARN msg=auth event="refresh failed" account=work error="auth: refresh failed, the session is kept: the token endpoint responded with status 503"
level=INFO msg=auth event="token refreshed" account=work
level=INFO msg=auth event="signed out" account=work reason="logged out"
level=INFO msg=auth event="signed in" account=work
level=INFO msg=auth event="signed out" account=work reason="the server ended the session" error="auth: the refresh token is no longer valid (status 401)"
`
	if log.String() != want {
		t.Errorf("got\n%swant\n%s", log.String(), want)
	}
	for _, e := range f.events.all {
		if e.Account != "work" || e.Time.IsZero() || (e.Kind == auth.SignedIn || e.Kind == auth.TokenRefreshed) == e.Expiry.IsZero() {
			t.Errorf("got %+v", e)
		}
	}
	if got := f.events.last().String(); got != "signed out (work): the server ended the session: the refresh token is no longer valid (status 401)" {
		t.Errorf("got %s", got)
	}
}

func withoutTimes(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey || a.Key == "expiry" {
		return slog.Attr{}
	}
	return a
}

// TestEvents_names of every kind and reason.
func TestEvents_names(t *testing.T) {
	t.Parallel()
	for kind, want := range map[auth.EventKind]string{
		auth.SignedIn: "signed in", auth.TokenRefreshed: "token refreshed", auth.RefreshFailed: "refresh failed",
		auth.SignedOut: "signed out", auth.PersistFailed: "persist failed", 0: "unknown event",
	} {
		if got := kind.String(); got != want {
			t.Errorf("got %s", got)
		}
	}
	for reason, want := range map[auth.Reason]string{
		auth.ReasonNone: "", auth.ReasonNeverSignedIn: "not signed in", auth.ReasonLogout: "logged out",
		auth.ReasonInvalidGrant: "the server ended the session", auth.ReasonReplaced: "another login replaced the session",
	} {
		if got := reason.String(); got != want {
			t.Errorf("got %s", got)
		}
	}
}

// TestOnEvent_callsBack: OnEvent may use the session it hears about.
func TestOnEvent_callsBack(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	var f *fixture
	logouts := 0
	f = start(t, authtest.Config{}, with(store), func(c *auth.Config) {
		c.OnEvent = func(e auth.Event) {
			switch e.Kind {
			case auth.TokenRefreshed:
				if _, err := f.session.Token(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := f.session.Status(t.Context()); err != nil {
					t.Error(err)
				}
				logouts++
				if err := f.session.Logout(t.Context()); err != nil {
					t.Error(err)
				}
			case auth.SignedOut:
				if logouts == 1 {
					logouts++
					f.login(t)
				}
			default:
			}
		}
	})
	f.ExpireAccess()
	_, _, _ = f.get(t.Context(), "/me") // the session changed under it
	f.mustGet(t, "/me", http.StatusOK)
	if stored(t, store) == "" || logouts != 2 {
		t.Errorf("%d logouts", logouts)
	}
}

// TestPanics: a panic in the user's functions blocks no other caller.
func TestPanics(t *testing.T) {
	t.Parallel()
	boom := func() { panic("boom") }
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

// TestPanics_elsewhere: nor do those of a log handler and of Store.Load, nor an OnEvent or a Load
// that ends its goroutine.
func TestPanics_elsewhere(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*auth.Config){
		"log handler":  func(c *auth.Config) { c.Logger = slog.New(broken{slog.DiscardHandler}) },
		"OnEvent ends": func(c *auth.Config) { c.OnEvent = endsIn(auth.TokenRefreshed) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, authtest.Config{}, change)
			f.ExpireAccess()
			f.mustGet(t, "/me", http.StatusOK)
		})
	}
	for name, load := range map[string]func(){
		"Load panics": func() { panic("boom") },
		"Load ends":   runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := authtest.NewServer(authtest.Config{})
			t.Cleanup(s.Close)
			first := true
			f := join(t, s, with(struct {
				reader
				updater
			}{loadFunc(func() {
				if first {
					first = false
					load()
				}
			}), storage.NewMemory()}))
			if _, err := f.session.Status(t.Context()); err == nil {
				t.Error("want an error")
			}
			f.login(t)
			f.mustGet(t, "/me", http.StatusOK)
		})
	}
}

// broken is a log handler that panics.
type broken struct{ slog.Handler }

func (broken) Enabled(context.Context, slog.Level) bool { return true }

func (broken) Handle(context.Context, slog.Record) error { panic("boom") }

// endsIn is an OnEvent that ends its goroutine.
func endsIn(kind auth.EventKind) func(auth.Event) {
	return func(e auth.Event) {
		if e.Kind == kind {
			runtime.Goexit()
		}
	}
}

// loadFunc is a Load that finds nothing.
type loadFunc func()

func (f loadFunc) Load(ctx context.Context, key string) ([]byte, error) {
	f()
	return storage.NewMemory().Load(ctx, key)
}
