package auth_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestToken_extra: what the server gave is stored with the session, lives over a refresh that does
// not repeat it, is replaced by one that does, and is shown nowhere.
func TestToken_extra(t *testing.T) {
	t.Parallel()
	bodies := []string{
		`{"access_token":"a1"}`,
		`{"access_token":"a2","refresh_token":"r2","scope":"c","id_token":"i2","tenant":"hidden-2"}`,
	}
	calls := 0
	endpoint := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, bodies[calls])
		calls++
	})
	store := storage.NewMemory()
	open := func() *auth.Interceptor {
		session, err := auth.New(auth.Config{
			BaseURL: endpoint, Store: store, Refresher: auth.JSONRefresher{URL: "/", Transport: transport(t)},
		})
		if err != nil {
			t.Fatal(err)
		}
		return session
	}
	id := jwt(`{"sub":"alice"}`)
	want := auth.Token{
		AccessToken: "a0", RefreshToken: "r0", Scope: "a b", IDToken: id, Extra: map[string]any{"tenant": "hidden-0"},
		ProofKey: []byte("key"),
	}
	if err := open().Login(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	session := open()
	st, err := session.Status(t.Context())
	if err != nil || st.Subject != "alice" || st.Scope != "a b" {
		t.Errorf("got %+v, %v", st, err)
	}
	if shown := fmt.Sprintf("%+v %#v", st, st); strings.Contains(shown, "hidden") {
		t.Errorf("shown: %s", shown)
	}
	for _, step := range []struct{ access, refresh, scope, id, tenant string }{
		{"a0", "r0", "a b", id, "hidden-0"}, {"a1", "r0", "a b", id, "hidden-0"}, {"a2", "r2", "c", "i2", "hidden-2"},
	} {
		if step.access != "a0" {
			if _, err := session.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		got, err := open().Token(t.Context()) // as another process reads it
		got.Expiry = time.Time{}
		want := auth.Token{
			AccessToken: step.access, RefreshToken: step.refresh, Scope: step.scope, IDToken: step.id,
			Extra: map[string]any{"tenant": step.tenant}, ProofKey: []byte("key"),
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", step.access, got.OAuth2(), err)
		}
		text, err := json.Marshal(got)
		all := fmt.Sprintf("%v %+v %#v %s %s %v", got, got, got, got, text, slog.AnyValue(got))
		if err != nil || strings.Contains(all, "hidden") || strings.Contains(all, step.id) || strings.Contains(all, "a2V5") {
			t.Errorf("shown: %s", all)
		}
	}
	if err := session.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestToken_decodes the JSON of RFC 6749, and keeps expires_in.
func TestToken_decodes(t *testing.T) {
	t.Parallel()
	var got struct {
		Token auth.Token `json:"token"`
	}
	begin := time.Now()
	if err := json.Unmarshal([]byte(`{"token":{"access_token":"a","expires_in":60,"tenant":"x"}}`), &got); err != nil {
		t.Fatal(err)
	}
	if left := got.Token.Expiry.Sub(begin).Round(10 * time.Second); left != time.Minute || got.Token.Extra["tenant"] != "x" {
		t.Errorf("%v left, %v", left, got.Token.Extra)
	}
	for text, ok := range map[string]bool{
		`{"refresh_token":"r","expiry":"2020-01-02T03:04:05Z"}`: true, `{}`: true, `null`: true, `[]`: false, `"a"`: false,
		`{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`: false,
	} {
		var token auth.Token
		if err := json.Unmarshal([]byte(text), &token); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
		if strings.Contains(text, "2020") && (token.RefreshToken != "r" || token.Expiry.Year() != 2020) {
			t.Errorf("got %+v", token.OAuth2())
		}
	}
}

// TestZeroValue_endpoints: what is not configured says so, and sends nothing.
func TestZeroValue_endpoints(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func() error{
		"JSONRefresher":     func() error { _, err := auth.JSONRefresher{}.Refresh(t.Context(), old); return err },
		"OAuth2Refresher":   func() error { _, err := auth.OAuth2Refresher{}.Refresh(t.Context(), old); return err },
		"ClientCredentials": func() error { _, err := auth.ClientCredentials{}.Mint(t.Context()); return err },
		"TokenExchange":     func() error { _, err := auth.TokenExchange{}.Refresh(t.Context(), old); return err },
		"JSONRevoker":       func() error { return auth.JSONRevoker{}.Revoke(t.Context(), old) },
		"OAuth2Revoker":     func() error { return auth.OAuth2Revoker{}.Revoke(t.Context(), old) },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, v := range []any{auth.JSONRevoker{}, auth.ClientCredentials{}, auth.TokenExchange{}} {
		text, err := json.Marshal(v)
		if want := fmt.Sprintf("%T()", v); fmt.Sprintf("%+v", v) != want || string(text) != `"`+want+`"` || err != nil {
			t.Errorf("got %+v, %s, %v", v, text, err)
		}
	}
	var e auth.EndpointError
	if text, err := json.Marshal(&e); e.Error() == "" || string(text) != `"`+e.Error()+`"` || err != nil {
		t.Errorf("got %s, %v", text, err)
	}
}
