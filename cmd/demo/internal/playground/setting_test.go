package playground_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/playground"
)

func TestSet(t *testing.T) {
	t.Parallel()
	var got authtest.Config
	for name, value := range map[string]string{
		"access-ttl": "1s", "refresh-ttl": "2s", "clock-offset": "-3s", "rotation": "omit", "reuse-grace": "4s",
		"grace-mints": "true", "reuse-keeps-session": "1", "expire-on-refresh": "true", "opaque-tokens": "true",
		"repeat-access-token": "true", "shape": "text", "access-field": "a", "refresh-field": "r", "expires-field": "e",
		"refresh-status": "200", "expires-in": "null", "expired-status": "403", "expired-body": "gone",
		"omit-challenge": "true", "reject-scope": "401", "refused-status": "422", "refused-body": "no",
		"token-redirect": "http://x.test/", "redirect-status": "308",
		"browser-user": "bob", "deny-authorization": "true", "client-auth": "client_secret_post", "require-par": "true",
		"omit-iss": "true", "device-interval": "6s", "dpop": "required", "dpop-nonce": "true", "error-dialect": "slack",
	} {
		if err := playground.Set(&got, name, value); err != nil {
			t.Error(err)
		}
	}
	want := authtest.Config{
		AccessTTL: time.Second, RefreshTTL: 2 * time.Second, ClockOffset: -3 * time.Second,
		Rotation: authtest.OmitRefreshToken, ReuseGrace: 4 * time.Second, GraceMints: true, ReuseKeepsSession: true,
		ExpireOnRefresh: true, OpaqueTokens: true, RepeatAccessToken: true, Shape: authtest.TextShape,
		AccessField: "a", RefreshField: "r", ExpiresField: "e", RefreshStatus: 200, ExpiresIn: authtest.ExpiresInNull,
		ExpiredStatus: 403, ExpiredBody: "gone", OmitChallenge: true, RejectScope: 401, RefusedStatus: 422,
		BrowserUser: "bob", DenyAuthorization: true, ClientAuth: authtest.ClientSecretPost, RequirePAR: true, OmitIss: true,
		DeviceInterval: 6 * time.Second, DPoP: authtest.DPoPRequired, DPoPNonce: true, ErrorDialect: authtest.SlackErrors,
		RefusedBody: "no", TokenRedirect: "http://x.test/", RedirectStatus: 308,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestSet_errors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"access-ttl", "soon", `setting access-ttl: "soon" is not a duration; write it like 90s or 1h30m`},
		{"expired-status", "x", `setting expired-status: "x" is not a number`},
		{"grace-mints", "maybe", `setting grace-mints: "maybe" is neither true nor false`},
		{"ttl", "1s", `unknown setting "ttl"; use one of access-ttl, `},
	} {
		var cfg authtest.Config
		if err := playground.Set(&cfg, c.name, c.value); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("error %v", err)
		}
		if !reflect.DeepEqual(cfg, authtest.Config{}) {
			t.Errorf("%s: changed to %+v", c.name, cfg)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	defaults := make(map[string]string)
	for _, s := range playground.Settings() {
		if s.Usage == "" || strings.HasSuffix(s.Usage, ".") {
			t.Errorf("%s: usage %q", s.Name, s.Usage)
		}
		if _, twice := defaults[s.Name]; twice {
			t.Errorf("two settings are named %s", s.Name)
		}
		defaults[s.Name] = s.Default
		var cfg authtest.Config
		if err := playground.Set(&cfg, s.Name, s.Default); err != nil {
			t.Errorf("its own default: %v", err)
		}
		if s.Bool != (s.Default == "false") {
			t.Errorf("%s: Bool %v, default %q", s.Name, s.Bool, s.Default)
		}
	}
	for name, want := range map[string]string{
		"access-ttl": "5m0s", "refresh-status": "201", "access-field": "accessToken", "rotation": "", "reject-scope": "0",
	} {
		if defaults[name] != want {
			t.Errorf("%s: default %q, want %q", name, defaults[name], want)
		}
	}
	// The defaults are those of authtest.
	server, err := authtest.Start(authtest.Config{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var fromText authtest.Config
	for name, value := range defaults {
		if err := playground.Set(&fromText, name, value); err != nil {
			t.Error(err)
		}
	}
	_ = server.Reconfigure(func(c *authtest.Config) {
		fromText.InMemory, fromText.Addr, fromText.Issuer, fromText.Users = c.InMemory, c.Addr, c.Issuer, c.Users
		if c.Clients, c.ClientKeys, c.RedirectURIs = nil, nil, nil; !reflect.DeepEqual(*c, fromText) {
			t.Errorf("\n got %+v\nwant %+v", fromText, *c)
		}
	})
}
