package authtest_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestConfig_Set(t *testing.T) {
	t.Parallel()
	var got authtest.Config
	for name, value := range map[string]string{
		"access-ttl": "1s", "refresh-ttl": "2s", "clock-offset": "-3s", "rotation": "omit", "reuse-grace": "4s",
		"grace-mints": "true", "reuse-keeps-session": "1", "expire-on-refresh": "true", "opaque-tokens": "true",
		"repeat-access-token": "true", "shape": "text", "access-field": "a", "refresh-field": "r", "expires-field": "e",
		"refresh-status": "200", "expires-in": "null", "expired-status": "403", "expired-body": "gone",
		"omit-challenge": "true", "reject-scope": "401", "refused-status": "422", "refused-body": "no",
		"token-redirect": "http://x.test/", "redirect-status": "308",
	} {
		if err := got.Set(name, value); err != nil {
			t.Error(err)
		}
	}
	want := authtest.Config{
		AccessTTL: time.Second, RefreshTTL: 2 * time.Second, ClockOffset: -3 * time.Second,
		Rotation: authtest.OmitRefreshToken, ReuseGrace: 4 * time.Second, GraceMints: true, ReuseKeepsSession: true,
		ExpireOnRefresh: true, OpaqueTokens: true, RepeatAccessToken: true, Shape: authtest.TextShape,
		AccessField: "a", RefreshField: "r", ExpiresField: "e", RefreshStatus: 200, ExpiresIn: authtest.ExpiresInNull,
		ExpiredStatus: 403, ExpiredBody: "gone", OmitChallenge: true, RejectScope: 401, RefusedStatus: 422,
		RefusedBody: "no", TokenRedirect: "http://x.test/", RedirectStatus: 308,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestConfig_Set_errors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{"access-ttl", "soon", `authtest: setting access-ttl: "soon" is no duration; write it like 90s or 1h30m`},
		{"expired-status", "x", `authtest: setting expired-status: "x" is no number`},
		{"grace-mints", "maybe", `authtest: setting grace-mints: "maybe" is neither true nor false`},
		{"ttl", "1s", `authtest: no setting "ttl"; there are access-ttl, `},
	} {
		var cfg authtest.Config
		if err := cfg.Set(c.name, c.value); err == nil || !strings.HasPrefix(err.Error(), c.want) {
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
	for _, s := range authtest.Settings() {
		if s.Usage == "" || strings.HasSuffix(s.Usage, ".") {
			t.Errorf("%s: usage %q", s.Name, s.Usage)
		}
		if _, twice := defaults[s.Name]; twice {
			t.Errorf("two settings are named %s", s.Name)
		}
		defaults[s.Name] = s.Default
		var cfg authtest.Config
		if err := cfg.Set(s.Name, s.Default); err != nil {
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
	// Every field that can change while the server runs, and that text can express, has a setting.
	fields := reflect.TypeFor[authtest.Config]().NumField()
	const fixed, functionsAndMaps = 5, 3
	if got := len(defaults) + fixed + functionsAndMaps; got != fields {
		t.Errorf("settings, fixed fields, functions and maps are %d, Config has %d fields", got, fields)
	}
}
