package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// The secrets that must not be seen anywhere: one in the place of tokens and keys, one in bodies
// and queries.
const (
	canary = "c4n4ry+/="
	quoted = "qu0ted"
)

// shows reports whether a text shows a secret, in whatever encoding fmt or url make of it.
func shows(text string) bool {
	if strings.Contains(text, quoted) || strings.Contains(text, fmt.Sprintf("%x", quoted)) {
		return true
	}
	for _, form := range []string{canary, url.QueryEscape(canary), fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), fmt.Sprintf("%d", []byte(canary))} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// printed is every text that a value turns into: under the verbs of fmt, in logs, as JSON, alone
// and as a part.
func printed(t *testing.T, v any) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T"} {
		for name, part := range map[string]any{
			"alone": v, "in a slice": []any{v}, "in a map": map[string]any{"x": v}, "in a struct": struct{ V any }{v},
		} {
			texts[verb+" "+name] = fmt.Sprintf(verb, part)
		}
	}
	for name, part := range map[string]any{"alone": v, "in a struct": struct{ V any }{v}} {
		var text, js bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("x", slog.Any("v", part))
		slog.New(slog.NewJSONHandler(&js, nil)).Info("x", slog.Any("v", part))
		texts["slog text "+name], texts["slog JSON "+name] = text.String(), js.String()
		if data, err := json.Marshal(part); err == nil {
			texts["JSON "+name] = string(data)
		}
	}
	return texts
}

// TestRedaction: whatever can hold a secret prints without it.
func TestRedaction(t *testing.T) {
	t.Parallel()
	tok := auth.Token{AccessToken: canary, RefreshToken: canary, TokenType: "Bearer", Expiry: time.Unix(1, 0)}
	rest := auth.JSONRefresher{URL: "https://me:" + url.QueryEscape(canary) + "@x.example/?key=" + canary, Header: http.Header{"X-Api-Key": {canary}}}
	grant := auth.OAuth2Refresher{Config: &oauth2.Config{ClientSecret: canary, Endpoint: oauth2.Endpoint{TokenURL: "https://x.example/token?k=" + canary}}}
	revoker := auth.OAuth2Revoker{URL: "https://x.example/?k=" + canary, ClientSecret: canary}
	session := signedIn(t, auth.Config{BaseURL: "https://api.example.com", Refresher: rest})
	if err := session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	status, err := session.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{
		tok,
		&tok,
		[]auth.Token{tok},
		rest,
		&rest,
		grant,
		&grant,
		auth.OAuth2Refresher{},
		revoker,
		&revoker,
		auth.Config{Refresher: rest, Revoke: revoker.Revoke},
		&auth.Config{Refresher: grant},
		session,
		status,
	} {
		for how, text := range printed(t, v) {
			if shows(text) {
				t.Errorf("%T as %s: %s", v, how, text)
			}
		}
	}
}

// TestRedaction_says: redacted forms still say which parts there are.
func TestRedaction_says(t *testing.T) {
	t.Parallel()
	tok := auth.Token{AccessToken: "a", Expiry: time.Unix(1, 0).UTC()}
	for got, want := range map[string]string{
		fmt.Sprintf("%d", tok):                   "Token{access: REDACTED, refresh: none, expiry: 1970-01-01T00:00:01Z}",
		fmt.Sprintf("%#v", tok):                  "auth.Token{access: REDACTED, refresh: none, expiry: 1970-01-01T00:00:01Z}",
		auth.JSONRefresher{URL: "/r"}.String():   "auth.JSONRefresher(/r)",
		auth.OAuth2Refresher{}.String():          "auth.OAuth2Refresher()",
		auth.OAuth2Revoker{URL: "\x00"}.String(): "auth.OAuth2Revoker()",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	data, err := json.Marshal(tok)
	if want := `{"access":"REDACTED","refresh":"none","expiry":"1970-01-01T00:00:01Z"}`; err != nil || string(data) != want {
		t.Errorf("got %s, %v", data, err)
	}
}

// leaky is a session whose parts put secrets wherever a program might.
type leaky struct {
	log    bytes.Buffer
	events []auth.Event
}

func (l *leaky) use(c *auth.Config) {
	c.Logger = slog.New(slog.NewJSONHandler(&l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c.OnEvent = func(e auth.Event) { l.events = append(l.events, e) }
}

// check fails the test if the canary was seen.
func (l *leaky) check(t *testing.T, what string, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err == nil {
			t.Errorf("%s: no error", what)
			continue
		}
		for how, text := range printed(t, err) {
			if shows(text) {
				t.Errorf("%s: the error as %s: %s", what, how, text)
			}
		}
	}
	for _, e := range l.events {
		for how, text := range printed(t, e) {
			if shows(text) && !strings.Contains(how, "JSON in a struct") {
				t.Errorf("%s: the event as %s: %s", what, how, text)
			}
		}
	}
	if shows(l.log.String()) {
		t.Errorf("%s: the log: %s", what, l.log.String())
	}
}

// TestErrorsNeverLeak: no error, event or log record holds a token or a body, whatever the token
// endpoint answers and wherever the user's own code puts it.
func TestErrorsNeverLeak(t *testing.T) {
	t.Parallel()
	bodies := []string{
		canary + " and more " + quoted, `{"error":"` + canary + `","error_description":"` + canary + `"}`, `{"accessToken":"` + canary + ` "}`,
		`{"access_token":"` + canary + ` ","refresh_token":"` + canary + `"}`, `access_token=` + canary + ` x`,
	}
	for _, status := range []int{200, 302, 400, 401, 403, 429, 500} {
		for _, body := range bodies {
			e := answer(t, status, "", body)
			for _, r := range both(t, e.URL+"/?k="+url.QueryEscape(canary)) {
				refreshLeaky(t, fmt.Sprintf("%d %s", status, body), r)
			}
		}
	}
	gone := answer(t, 200, "", "")
	gone.Close()
	for _, r := range both(t, gone.URL+"/?k="+url.QueryEscape(canary)) {
		refreshLeaky(t, "no answer", r)
	}
	for name, err := range map[string]error{
		"text":         errors.New("cannot refresh " + canary),
		"escaped":      errors.New("cannot refresh " + url.QueryEscape(canary)),
		"RefreshError": &auth.RefreshError{Status: 500, Err: errors.New(canary)},
		"x/oauth2":     &oauth2.RetrieveError{Response: &http.Response{Status: "500"}, Body: []byte("body of " + quoted)},
		"net/http":     &url.Error{Op: "Get", URL: "https://x.example/?k=" + quoted, Err: errFull},
		"dead":         fmt.Errorf("%w: %s", auth.ErrInvalidGrant, canary),
	} {
		refreshLeaky(t, name, auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) { return auth.Token{}, err }))
	}
	refreshLeaky(t, "panic", auth.RefreshFunc(func(_ context.Context, old auth.Token) (auth.Token, error) {
		panic("cannot refresh " + old.RefreshToken)
	}))
}

// refreshLeaky makes a refresh of a session full of canaries fail.
func refreshLeaky(t *testing.T, what string, r auth.Refresher) {
	t.Helper()
	var l leaky
	c := auth.Config{BaseURL: "https://api.example.com", Refresher: r}
	l.use(&c)
	session, err := auth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Login(t.Context(), auth.Token{AccessToken: canary, RefreshToken: canary}); err != nil {
		t.Fatal(err)
	}
	f := &fixture{client: clientOver(session, &wire{status: http.StatusUnauthorized})}
	_, _, err = f.get(t.Context(), "/me?secret=x")
	inner, ok := errors.AsType[*interceptor.Error](err)
	if !ok {
		t.Fatalf("%s: got %v", what, err)
	}
	status, statusErr := session.Status(t.Context())
	l.check(t, what, inner, inner.Err)
	if text := fmt.Sprintf("%+v %v", status, statusErr); shows(text) {
		t.Errorf("%s: the status: %s", what, text)
	}
	if err := session.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestErrorsNeverLeak_store: neither what a Store quotes of the record, nor what Revoke or OnEvent
// say.
func TestErrorsNeverLeak_store(t *testing.T) {
	t.Parallel()
	var l leaky
	store := newFaulty()
	c := auth.Config{
		BaseURL: "https://api.example.com", Store: quoting{store},
		Refresher: answering(auth.Token{AccessToken: canary + "2", RefreshToken: canary + "2"}),
		Revoke:    func(_ context.Context, tok auth.Token) error { return errors.New("cannot revoke " + tok.RefreshToken) },
	}
	l.use(&c)
	session, err := auth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	tok := auth.Token{AccessToken: canary, RefreshToken: canary}
	store.fail(0, 0, 1)
	failedLogin := session.Login(t.Context(), tok)
	if err := session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	store.fail(0, 0, 2)
	if _, err := session.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	failedLogout := session.Logout(t.Context())
	store.fail(0, 0, 1)
	failedClose := session.Close(t.Context())
	l.check(t, "store", failedLogin, failedLogout, failedClose)
	if len(l.events) != 5 {
		t.Errorf("events: %v", l.events)
	}
}

// quoting is a store whose errors quote what was to be written.
type quoting struct{ *faulty }

func (q quoting) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	var quoted []byte
	err := q.faulty.Update(ctx, key, func(ctx context.Context, old []byte) ([]byte, error) {
		value, err := fn(ctx, old)
		quoted = append(append(quoted, old...), value...)
		return value, err
	})
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", quoted, err)
	}
	return nil
}
