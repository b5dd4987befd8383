package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestRecord_golden reads every record that a released version may have written. The files are
// never rewritten.
func TestRecord_golden(t *testing.T) {
	t.Parallel()
	full := auth.Token{
		AccessToken: "golden-access", RefreshToken: "golden-refresh", TokenType: "DPoP", Expiry: time.Date(2126, 1, 2, 3, 4, 5, 600, time.UTC),
	}
	for name, want := range map[string]auth.Token{
		"full.json":    full,
		"zone.json":    full,
		"unknown.json": full,
		"origin.json":  full,
		"minimal.json": {AccessToken: "golden-access"},
		"waiting.json": {AccessToken: "golden-access", RefreshToken: "golden-refresh", TokenType: "Bearer"},
		"refresh.json": {RefreshToken: "golden-refresh"},
		"key.json": {
			AccessToken: "golden-access", RefreshToken: "golden-refresh", TokenType: "DPoP", ProofKey: []byte("golden-key"),
		},
		"extra.json": {
			AccessToken: "golden-access", RefreshToken: "golden-refresh", TokenType: "Bearer", Scope: "a b", IDToken: "golden-id",
			Extra: map[string]any{"instance_url": "https://golden.example", "user": map[string]any{"id": 7.0}},
		},
	} {
		store := storage.NewMemory()
		put(t, store, "default", readGolden(t, name))
		session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Store: store})
		if err != nil {
			t.Fatal(err)
		}
		got, err := session.Token(t.Context())
		if err != nil || got.AccessToken != want.AccessToken || got.RefreshToken != want.RefreshToken ||
			got.TokenType != want.TokenType || !got.Expiry.Equal(want.Expiry) || got.IDToken != want.IDToken ||
			!reflect.DeepEqual(got.Extra, want.Extra) || !bytes.Equal(got.ProofKey, want.ProofKey) || name == "extra.json" && got.Scope != want.Scope {
			t.Errorf("%s: got %q %q %q %v, %v", name, got.AccessToken, got.RefreshToken, got.TokenType, got.Expiry, err)
		}
	}
}

// TestRecord_goldenTombstone: a record without tokens tells another machine why it is signed out.
func TestRecord_goldenTombstone(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	put(t, store, "default", readGolden(t, "ended.json"))
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Store: store})
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.Token(t.Context())
	if required, ok := errors.AsType[*auth.LoginRequiredError](err); !ok || required.Reason != auth.ReasonInvalidGrant {
		t.Errorf("got %v", err)
	}
}

// TestFormat_members asserts that docs/format.md describes every member of the golden files.
func TestFormat_members(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "docs", "format.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("testdata", "record", "v1", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var members map[string]any
		if err := json.Unmarshal([]byte(readGolden(t, filepath.Base(file))), &members); err != nil {
			t.Fatal(err)
		}
		for name := range members {
			if name != "Session_Note" && !strings.Contains(string(doc), "`"+name+"`") {
				t.Errorf("%s: docs/format.md does not describe %q", file, name)
			}
		}
	}
}

func readGolden(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "record", "v1", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRecord_goldenComplete: no golden file is left out.
func TestRecord_goldenComplete(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "record", "v1", "*"))
	if err != nil || len(files) != 10 {
		t.Errorf("%v, %v", files, err)
	}
}

// TestRecord_written is version 1 and nothing else: what is written today is what the golden files
// promise.
func TestRecord_written(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	f := start(t, authtest.Config{}, with(store))
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	var got map[string]any
	if err := json.Unmarshal([]byte(stored(t, store)), &got); err != nil {
		t.Fatal(err)
	}
	if got["version"] != 1.0 || got["account"] != "default" || got["generation"] != 2.0 {
		t.Errorf("got %v %v %v", got["version"], got["account"], got["generation"])
	}
	want := "access_token account expiry generation obtained origin refresh_token session version"
	if members := strings.Join(slices.Sorted(maps.Keys(got)), " "); members != want {
		t.Errorf("got %s, want %s", members, want)
	}
}

// damaged are values that are no session of ours.
func damaged() map[string]string {
	return map[string]string{
		"it is damaged":              `{"version":1,`,
		"damaged: no session":        `{"version":1,"account":"default","generation":1}`,
		"damaged: no generation":     `{"version":1,"account":"default","session":"x"}`,
		"damaged: other types":       `{"version":1,"account":"default","session":7,"generation":1}`,
		"damaged: a negative number": `{"version":1,"account":"default","session":"x","generation":-1}`,
		"damaged: no version":        `{"account":"default","session":"x","generation":1}`,
		"damaged: null":              `null`,
		"damaged: another format":    "\x00\x01binary",
		"a newer program":            `{"version":2,"account":["may","be","anything"]}`,
		"another account":            `{"version":1,"account":"other","session":"x","generation":1}`,
	}
}

// TestRecord_unreadable is an error with a next step; never overwritten by a request, never taken
// for "signed out", and replaced by a login.
func TestRecord_unreadable(t *testing.T) {
	t.Parallel()
	for name, data := range damaged() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := storage.NewMemory()
			put(t, store, "default", data)
			s := authtest.NewServer(authtest.Config{})
			t.Cleanup(s.Close)
			f := join(t, s, with(store))
			err := f.mustFail(t, "/me", auth.ErrSessionUnreadable)
			why, _, _ := strings.Cut(name, ":")
			for _, want := range []string{"log in again", why, `"default"`} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %q", want, err)
				}
			}
			if _, err := f.session.Status(t.Context()); !errors.Is(err, auth.ErrSessionUnreadable) {
				t.Errorf("Status: %v", err)
			}
			if got := stored(t, store); got != data {
				t.Errorf("the record was changed: %q", got)
			}
			if n := s.Stats().APICalls; n != 0 {
				t.Errorf("%d requests were sent", n)
			}
			f.login(t)
			f.mustGet(t, "/me", http.StatusOK)
		})
	}
}

// TestRecord_damagedMeanwhile: a record that is damaged while the session is in use neither ends
// the session nor is overwritten.
func TestRecord_damagedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, data := range damaged() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := storage.NewMemory()
			f := start(t, authtest.Config{}, with(store))
			put(t, store, "default", data)
			f.mustGet(t, "/me", http.StatusOK)
			f.ExpireAccess()
			f.mustFail(t, "/me", auth.ErrRefreshFailed, auth.ErrSessionUnreadable)
			f.AssertRefreshes(t, 0)
			if got := stored(t, store); got != data {
				t.Errorf("the record was changed: %q", got)
			}
			if err := f.session.Logout(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := store.Load(t.Context(), "default"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Logout left it: %v", err)
			}
		})
	}
}

// TestRecord_unknownMembers survive a refresh.
func TestRecord_unknownMembers(t *testing.T) {
	t.Parallel()
	store := storage.NewMemory()
	f := start(t, authtest.Config{}, with(store))
	put(t, store, "default", strings.Replace(stored(t, store), "{", `{"from_the_future":[1,2],`, 1))
	again := join(t, f.Server, with(store))
	f.ExpireAccess()
	again.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 1)
	if data := stored(t, store); !strings.Contains(data, `"from_the_future":[1,2]`) {
		t.Error("lost")
	}
}

// TestRecord_absurdTimes can be stored: an expiry that is beyond belief is as good as none.
func TestRecord_absurdTimes(t *testing.T) {
	t.Parallel()
	for name, expiry := range map[string]time.Time{
		"far":  time.Date(33333, 1, 1, 0, 0, 0, 0, time.UTC),
		"past": time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC),
		"zone": time.Now().AddDate(5, 0, 0).In(time.FixedZone("odd", 30*3600)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := storage.NewMemory()
			f := start(t, authtest.Config{}, with(store), func(c *auth.Config) { c.Refresher = answering(auth.Token{AccessToken: "x", Expiry: expiry}) })
			if _, err := f.session.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if st, err := f.session.Status(t.Context()); err != nil || st.Unsaved {
				t.Errorf("after the refresh: %+v, %v", st, err)
			}
			if err := f.session.Login(t.Context(), auth.Token{AccessToken: "x", Expiry: expiry}); err != nil {
				t.Fatal(err)
			}
			again := join(t, f.Server, with(store))
			got, err := again.session.Token(t.Context())
			if zero := got.Expiry.IsZero(); err != nil || zero == (name == "zone") {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
