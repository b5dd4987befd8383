package profile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReadServer_errors: what is not understood is an error that names the file.
func TestReadServer_errors(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":         "",
		"no object":     "[]",
		"unknown field": `{"baseurl": "x"}`,
		"wrong type":    `{"base_url": 1}`,
		"two":           `{} {}`,
		"long":          `{"base_url": "` + strings.Repeat("x", 64<<10) + `"}`,
	} {
		path := write(t, text)
		if _, err := profile.ReadServer(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := profile.ReadServer(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestServer_Allows: the token goes to the configured origins, however they are spelled.
func TestServer_Allows(t *testing.T) {
	t.Parallel()
	s := profile.Server{BaseURL: "https://api.example.com/v1", AllowedOrigins: []string{"https://files.example.com:8443"}}
	for raw, want := range map[string]string{
		"/me": "", "me?to=https://evil.test": "", "https://API.example.com:443/x": "", "https://files.example.com:8443/y": "",
		"https://files.example.com/y": "https://files.example.com", "http://api.example.com/": "http://api.example.com",
		"https://evil.test/": "https://evil.test",
	} {
		if to, ok := s.Allows(raw); to != want || ok != (want == "") {
			t.Errorf("%s: %q, %v", raw, to, ok)
		}
	}
}

// TestReadServer: what a file may hold, and the status alone or in a list.
func TestReadServer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]profile.Statuses{
		`{"expired_status": 403}`: {403}, `{"expired_status": [401, 403]}`: {401, 403}, `{"params": {"audience": "a"}}`: nil,
		`{"auth_style": "params", "dead_codes": ["x"], "use_access_token": true, "headers": {"apikey": "k"}}`: nil,
	} {
		s, err := profile.ReadServer(write(t, text))
		if err != nil || !reflect.DeepEqual(s.ExpiredStatus, want) {
			t.Errorf("%s: %v, %v", text, s.ExpiredStatus, err)
		}
	}
	for _, text := range []string{`{"expired_status": "401"}`, `{"expired_status": [1, "x"]}`} {
		if _, err := profile.ReadServer(write(t, text)); err == nil || !strings.Contains(err.Error(), "expired_status") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestUse: the profile that is used if none is named.
func TestUse(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	if name, err := profile.Current(root); name != profile.Default || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	if err := profile.Use(root, "../x"); err == nil {
		t.Error("a name that leads out of the directory was taken")
	}
	if err := profile.Use(root, "work"); err != nil {
		t.Fatal(err)
	}
	if name, err := profile.Current(root); name != "work" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(root, "current"), []byte("../x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name, err := profile.Current(root); err == nil {
		t.Errorf("%q", name)
	}
}

// TestServer_Check: a configuration that cannot work is found before anything is opened.
func TestServer_Check(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]profile.Server{
		"dialect":          {Dialect: "soap"},
		"base URL":         {BaseURL: "nonsense"},
		"plain http":       {BaseURL: "http://api.example.com"},
		"refresh in clear": {BaseURL: "https://api.example.com", RefreshURL: "http://api.example.com/refresh"},
		"revoke in clear":  {BaseURL: "https://api.example.com", RevokeURL: "http://api.example.com/revoke"},
		"revoke":           {BaseURL: "https://api.example.com", RevokeURL: "://"},
		"origin":           {AllowedOrigins: []string{"nonsense"}},
		"auth style":       {Dialect: profile.OAuth2, AuthStyle: "magic"},
		"own signature":    {Headers: profile.Pairs{"authorization": "x"}},
	} {
		if err := s.Check(); !errors.Is(err, profile.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, s := range map[string]profile.Server{
		"defaults":    {},
		"https":       {BaseURL: "https://api.example.com/v1/"},
		"insecure":    {BaseURL: "http://api.example.com", InsecureAllowHTTP: true},
		"no revoke":   {BaseURL: "https://api.example.com", RevokeURL: profile.Nowhere},
		"oauth2":      {BaseURL: "https://api.example.com", Dialect: profile.OAuth2, TokenURL: "https://id.example.com/token"},
		"own refusal": {ExpiredStatus: profile.Statuses{419, 403}}, "own message": {ExpiredMessage: "stale"},
	} {
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestServer_Loopback decides where a generated passphrase will do.
func TestServer_Loopback(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://localhost": true, "https://127.9.9.9": true,
		"http://example.com": false, "https://localhost.example.com": false, "http://10.0.0.1": false, "": false, "://": false,
	} {
		if got := (profile.Server{BaseURL: url}).Loopback(); got != want {
			t.Errorf("%q: %v", url, got)
		}
	}
}

// TestIn: a name cannot lead out of the directory.
func TestIn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".hidden", strings.Repeat("x", 65), "a b", "ä"} {
		if dir, err := profile.In("/root", name); err == nil {
			t.Errorf("%q: %s", name, dir)
		}
	}
	for _, name := range []string{"default", "a", "work-2", "a.b_c", strings.Repeat("x", 64)} {
		if dir, err := profile.In("/root", name); err != nil || filepath.Base(string(dir)) != name {
			t.Errorf("%q: %s, %v", name, dir, err)
		}
	}
}

// TestRoot follows the flag, the environment and the home, in this order.
func TestRoot(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	getenv := func(name string) string {
		if name == "XDG_STATE_HOME" {
			return state
		}
		return ""
	}
	if got, err := profile.Root(state, func(string) string { return "" }); err != nil || got != state {
		t.Errorf("%s, %v", got, err)
	}
	got, err := profile.Root("", getenv)
	if err != nil || filepath.Base(got) != profile.Service {
		t.Errorf("%s, %v", got, err)
	}
	if runtime.GOOS == "linux" && filepath.Dir(got) != state {
		t.Errorf("%s", got)
	}
}

// TestDirectory: what is remembered can be read, listed and forgotten; others cannot read it.
func TestDirectory(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "deep", "root")
	dir, err := profile.In(root, "work")
	if err != nil {
		t.Fatal(err)
	}
	if known, err := dir.Known(); known || err != nil {
		t.Errorf("known: %v, %v", known, err)
	}
	if _, err := dir.Server(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("server: %v", err)
	}
	want := profile.Server{BaseURL: "https://a.example", Scopes: []string{"a"}}
	if err := dir.Remember(want); err != nil {
		t.Fatal(err)
	}
	if got, err := dir.Server(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if known, err := dir.Known(); !known || err != nil {
		t.Errorf("known: %v, %v", known, err)
	}
	if names := profile.Names(root); !reflect.DeepEqual(names, []string{"work"}) {
		t.Errorf("%q", names)
	}
	info, err := os.Stat(filepath.Join(root, "work", "server.json"))
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := errors.Join(dir.Forget(), dir.Forget()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(string(dir)); len(left) > 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestDirectory_GeneratePassphrase: of many at once, one makes it, and it stays.
func TestDirectory_GeneratePassphrase(t *testing.T) {
	t.Parallel()
	dir := profile.Directory(filepath.Join(t.TempDir(), "default"))
	if generated, err := dir.Generated(); generated || err != nil {
		t.Errorf("%v, %v", generated, err)
	}
	var group sync.WaitGroup
	seen := make([]string, 20)
	for i := range seen {
		group.Go(func() {
			data, err := []byte(nil), dir.GeneratePassphrase()
			if err == nil {
				data, err = os.ReadFile(dir.PassphraseFile())
			}
			if err != nil {
				t.Error(err)
			}
			seen[i] = string(data)
		})
	}
	group.Wait()
	for _, s := range seen {
		if s != seen[0] || len(s) < 26 {
			t.Fatalf("%q", seen)
		}
	}
	info, err := os.Stat(dir.PassphraseFile())
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(string(dir)); len(left) != 1 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestParseToken reads the JSON of token endpoints, and a bare refresh token.
func TestParseToken(t *testing.T) {
	t.Parallel()
	mine := profile.Server{AccessField: "mine"}
	for text, want := range map[string]auth.Token{
		`{"access_token":"a","refresh_token":"r","token_type":"DPoP"}`: {AccessToken: "a", RefreshToken: "r", TokenType: "DPoP"},
		`{"data":{"token":"a"}}`:             {AccessToken: "a"},
		`{"mine":"a","token":"b"}`:           {AccessToken: "a"},
		`{"accessToken":"a","expiresIn":-1}`: {AccessToken: "a"},
		"\ufeff{\"accessToken\":\"a\"}":      {AccessToken: "a"},
		"refresh\n":                          {RefreshToken: "refresh"},
		"00Dx0!AQ._~+/=-:%|":                 {RefreshToken: "00Dx0!AQ._~+/=-:%|"},
	} {
		got, err := profile.ParseToken([]byte(text), mine)
		if err != nil || got.AccessToken != want.AccessToken || got.RefreshToken != want.RefreshToken || got.TokenType != want.TokenType {
			t.Errorf("%s: %+v, %v", text, got.OAuth2(), err)
		}
	}
	for _, text := range []string{`{"jwt":"a","expires_in":3600}`, `{"jwt":"a","expires_in":"3600"}`} {
		got, err := profile.ParseToken([]byte(text), profile.Server{})
		if left := time.Until(got.Expiry); err != nil || left < 59*time.Minute || left > time.Hour {
			t.Errorf("%s: %v, %v", text, left, err)
		}
	}
	for _, text := range []string{
		"", "\ufeff", "{", "{}", `{"token":1}`, `{"data":[]}`, "null", "undefined", `["a","b"]`, `"token"`, "<html>", "two words",
		"two\nlines", "a\x00b", "ä", strings.Repeat("x", 16<<10+1), `{"error":"invalid_grant"}`,
	} {
		if got, err := profile.ParseToken([]byte(text), profile.Server{}); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// open opens a session in memory.
func open(t *testing.T, s profile.Server) *profile.Profile {
	t.Helper()
	p, err := profile.Open(t.Context(), profile.Options{Server: s, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// TestProfile_Login: what a server says to a login, in both dialects.
func TestProfile_Login(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{Clients: authtest.Secrets{"": ""}})
	t.Cleanup(server.Close)
	for _, dialect := range []string{profile.REST, profile.OAuth2} {
		p := open(t, profile.Server{BaseURL: server.URL, Dialect: dialect})
		if err := p.Login(t.Context(), "alice", "wrong"); !errors.Is(err, profile.ErrRefused) {
			t.Errorf("%s: wrong password: %v", dialect, err)
		}
		if err := p.Login(t.Context(), "alice", "wonderland"); err != nil {
			t.Errorf("%s: %v", dialect, err)
		}
		if st, err := p.Session.Status(t.Context()); err != nil || !st.SignedIn || st.Expiry.IsZero() {
			t.Errorf("%s: %+v, %v", dialect, st, err)
		}
	}
	for name, c := range map[string]struct {
		path   string
		status int
	}{"down": {"/status/503", 503}, "lost": {"/status/404", 404}} {
		for _, s := range []profile.Server{
			{BaseURL: server.URL, LoginURL: c.path},
			{BaseURL: server.URL, Dialect: profile.OAuth2, TokenURL: c.path},
		} {
			err := open(t, s).Login(t.Context(), "alice", "wonderland")
			if se, ok := errors.AsType[*profile.StatusError](err); !ok || se.Status != c.status || !strings.Contains(se.Error(), "login") {
				t.Errorf("%s, %s: %v", name, s.Dialect, err)
			}
		}
	}
	p := open(t, profile.Server{BaseURL: server.URL, LoginURL: "/public/echo"})
	if err := p.Login(t.Context(), "alice", "wonderland"); err == nil || strings.Contains(err.Error(), "wonderland") {
		t.Errorf("no token: %v", err)
	}
	p = open(t, profile.Server{BaseURL: server.URL, LoginURL: "http://api.example.com/login"})
	if err := p.Login(t.Context(), "alice", "wonderland"); !errors.Is(err, profile.ErrConfig) {
		t.Errorf("in clear: %v", err)
	}
}

// TestOpen_secret: a client's secret comes from a file that no other user can read.
func TestOpen_secret(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "nowhere")} {
		_, err := profile.Open(t.Context(), profile.Options{Server: profile.Server{ClientSecretFile: path}})
		if !errors.Is(err, profile.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
