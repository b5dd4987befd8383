package login_test

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// The configurations of docs/providers.md: its code blocks are parts of this file.

func discovered(ctx context.Context, issuer, clientID, api string) (auth.Config, error) {
	provider, err := login.Discover(ctx, issuer)
	if err != nil {
		return auth.Config{}, err
	}
	client := login.Client{Provider: *provider, ID: clientID, Scopes: []string{"openid", "offline_access"}}
	return auth.Config{
		BaseURL:   api,
		Refresher: client.Refresher(),
		Revoke:    client.Revoker().Revoke,
	}, nil
}

func auth0(provider *login.Provider) login.Client {
	return login.Client{
		Provider: *provider, ID: "CLIENT_ID",
		Scopes: []string{"openid", "offline_access"},
		Params: url.Values{"audience": {"https://api.example.com"}}, // without it the access token is opaque
	}
}

func entra(provider *login.Provider) login.Client {
	return login.Client{
		Provider: *provider, ID: "CLIENT_ID",
		Scopes: []string{"openid", "offline_access", "api://API_ID/access"},
	}
}

func google(provider *login.Provider) login.Client {
	return login.Client{
		Provider: *provider, ID: "CLIENT_ID", Secret: "CLIENT_SECRET", // desktop clients have one, too
		Scopes: []string{"openid", "https://www.googleapis.com/auth/drive.file"},
		Params: url.Values{"access_type": {"offline"}, "prompt": {"consent"}},
	}
}

func oidcProvider(provider *login.Provider) login.Client {
	return login.Client{
		Provider: *provider, ID: "CLIENT_ID",
		Scopes: []string{"openid", "offline_access"},
		Params: url.Values{"prompt": {"consent"}}, // no refresh token without it
	}
}

func supabase() auth.Config {
	return auth.Config{
		BaseURL: "https://PROJECT.supabase.co",
		Refresher: auth.JSONRefresher{
			URL:          "/auth/v1/token?grant_type=refresh_token",
			RequestField: "refresh_token",
			Header:       http.Header{"Apikey": {"ANON_KEY"}},
		},
		ShouldRefresh: func(r *interceptor.Response) bool {
			return auth.Unauthorized(r) ||
				r.StatusCode == http.StatusForbidden && r.Header.Get("X-Sb-Error-Code") == "bad_jwt"
		},
	}
}

func pocketBase() auth.Config {
	return auth.Config{
		BaseURL:      "https://pocketbase.example.com",
		Refresher:    auth.JSONRefresher{URL: "/api/collections/users/auth-refresh", UseAccessToken: true},
		ExpiryWindow: 30 * time.Minute, // half of the token's life: an expired one cannot be refreshed
		RequireLogin: true,             // without a token, lists are empty instead of refused
	}
}

func github() login.Client {
	return login.Client{
		Provider: login.Provider{Endpoint: oauth2.Endpoint{
			AuthURL:       "https://github.com/login/oauth/authorize",
			TokenURL:      "https://github.com/login/oauth/access_token",
			DeviceAuthURL: "https://github.com/login/device/code",
			AuthStyle:     oauth2.AuthStyleInParams,
		}},
		ID: "CLIENT_ID", Secret: "CLIENT_SECRET", // the device flow needs no secret
	}
}

func slack() auth.Config {
	return auth.Config{
		BaseURL: "https://slack.com/api/",
		Refresher: auth.OAuth2Refresher{Config: &oauth2.Config{
			ClientID: "CLIENT_ID", ClientSecret: "CLIENT_SECRET",
			Endpoint: oauth2.Endpoint{
				TokenURL:  "https://slack.com/api/oauth.v2.access",
				AuthStyle: oauth2.AuthStyleInParams,
			},
		}},
		ShouldRefresh: auth.StatusWithMessage(http.StatusOK, `"token_expired"`),
	}
}

func dex(client *login.Client) auth.Config {
	refresher := client.Refresher()
	refresher.DeadCodes = []string{"invalid_request"}
	return auth.Config{
		BaseURL:   "https://api.example.com",
		Refresher: refresher,
		ShouldRefresh: func(r *interceptor.Response) bool {
			return auth.Unauthorized(r) || auth.StatusWithMessage(http.StatusForbidden, "access_denied")(r)
		},
	}
}

func firebase() auth.Config {
	return auth.Config{
		BaseURL: "https://firestore.googleapis.com",
		Refresher: auth.OAuth2Refresher{Config: &oauth2.Config{
			Endpoint: oauth2.Endpoint{
				TokenURL:  "https://securetoken.googleapis.com/v1/token?key=API_KEY",
				AuthStyle: oauth2.AuthStyleInParams,
			},
		}},
	}
}

func forCron(ctx context.Context) (*keyring.Store, error) {
	return keyring.Open(ctx, keyring.Config{
		Service:    "my-program",
		Backend:    "file",
		Dir:        "/var/lib/my-program",
		Passphrase: keyring.PassphraseFile("/run/credentials/my-program.service/passphrase"),
	})
}

func overSSH(ctx context.Context, client *login.Client, remote bool, readLine func(context.Context) (string, error)) (auth.Token, error) {
	return login.Browser(ctx, login.BrowserConfig{
		Client:    *client,
		NoBrowser: remote, // a flag, or that SSH_CONNECTION is set
		Paste:     readLine,
	})
}

func onServers(ctx context.Context, db *sql.DB) (*sqlstore.Store, error) {
	store, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
	if err != nil {
		return nil, err
	}
	if err := store.Migrate(ctx); err != nil {
		return nil, err
	}
	return store, nil
}

func mcp(ctx context.Context, issuer, resource string) (*login.Client, error) {
	provider, err := login.Discover(ctx, issuer)
	if err != nil {
		return nil, err
	}
	client, err := provider.Register(ctx, login.Registration{Name: "My agent"})
	if err != nil {
		return nil, err
	}
	client.Params = url.Values{"resource": {resource}} // RFC 8707
	return client, nil
}

// TestProvidersPage holds docs/providers.md to this file, which compiles, and to auth.New.
func TestProvidersPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("providers_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code := unindented(string(source))
	blocks := strings.Split(string(page), "```go\n")[1:]
	if len(blocks) < 12 {
		t.Errorf("%d code blocks", len(blocks))
	}
	for _, b := range blocks {
		block, _, _ := strings.Cut(b, "```")
		if !strings.Contains(code, unindented(block)) {
			t.Errorf("not in providers_test.go:\n%s", block)
		}
	}
	client := github()
	client.ID = "app"
	for name, cfg := range map[string]auth.Config{
		"Supabase": supabase(), "PocketBase": pocketBase(), "Slack": slack(), "Firebase": firebase(), "Dex": dex(&client),
	} {
		if _, err := auth.New(cfg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// unindented returns a text without the white space that begins its lines, and without its
// alignment.
func unindented(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.Join(lines, "\n")
}

// The precise predicates refresh for an expired token, and not for what is forbidden.
func TestProvidersPage_predicates(t *testing.T) {
	t.Parallel()
	response := func(status int, header http.Header, body string) *interceptor.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		return &interceptor.Response{Response: &http.Response{
			StatusCode: status, Header: header, ContentLength: int64(len(body)),
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}}
	}
	client := github()
	for _, c := range []struct {
		name string
		cfg  auth.Config
		r    *interceptor.Response
		want bool
	}{
		{"Supabase, expired", supabase(), response(403, http.Header{"X-Sb-Error-Code": {"bad_jwt"}}, "{}"), true},
		{"Supabase, forbidden", supabase(), response(403, http.Header{"X-Sb-Error-Code": {"not_admin"}}, "{}"), false},
		{"Supabase, REST", supabase(), response(401, http.Header{}, "{}"), true},
		{"Dex, expired", dex(&client), response(403, http.Header{}, `{"error":"access_denied"}`), true},
		{"Dex, forbidden", dex(&client), response(403, http.Header{}, `{"error":"forbidden"}`), false},
		{"Slack, expired", slack(), response(200, http.Header{}, `{"ok":false,"error":"token_expired"}`), true},
		{"Slack, fine", slack(), response(200, http.Header{}, `{"ok":true}`), false},
	} {
		if got := c.cfg.ShouldRefresh(c.r); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

var _ = []any{discovered, auth0, entra, google, oidcProvider, forCron, overSSH, onServers, mcp} // parts of the page
