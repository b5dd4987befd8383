package playground

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// Setting is a field of [authtest.Config] under the name that flags and /_control/set use for it.
// Get them from [Settings].
type Setting struct {
	Name    string // "access-ttl"
	Usage   string // one line, without a full stop
	Default string // "5m0s"
	Bool    bool   // the value is true or false

	set func(*authtest.Config, string) error
	get func(*authtest.Config) string
}

// Settings returns every setting that can be given as text, in the order in which they are
// documented: enough to make a flag of each.
func Settings() []Setting {
	return slices.Concat(tokenSettings(), oauthSettings(), responseSettings())
}

// Set changes a setting of c by its name. Only the form of the value is checked here; authtest
// checks the configuration when it is used. An error names the known settings, or the form that
// the value must have.
func Set(c *authtest.Config, name, value string) error {
	var names []string
	for _, s := range Settings() {
		if s.Name != name {
			names = append(names, s.Name)
			continue
		}
		if err := s.set(c, value); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("unknown setting %q; use one of %s", name, strings.Join(names, ", "))
}

func tokenSettings() []Setting {
	return []Setting{
		durationSetting("access-ttl", "5m0s", "life of an access token", func(c *authtest.Config) *time.Duration { return &c.AccessTTL }),
		durationSetting("refresh-ttl", "24h0m0s", "life of a refresh token", func(c *authtest.Config) *time.Duration { return &c.RefreshTTL }),
		durationSetting("clock-offset", "0s", "how far the server's clock is ahead", func(c *authtest.Config) *time.Duration { return &c.ClockOffset }),
		textSetting("rotation", "", "refresh token in the response to a refresh: repeat, omit, blank, or a new one",
			func(c *authtest.Config) *authtest.Rotation { return &c.Rotation }),
		durationSetting("reuse-grace", "0s", "how long a spent refresh token is still accepted", func(c *authtest.Config) *time.Duration { return &c.ReuseGrace }),
		boolSetting("grace-mints", "mint a further pair within reuse-grace", func(c *authtest.Config) *bool { return &c.GraceMints }),
		boolSetting("reuse-keeps-session", "refuse a reused refresh token without ending the session", func(c *authtest.Config) *bool { return &c.ReuseKeepsSession }),
		boolSetting("expire-on-refresh", "end earlier access tokens at every refresh", func(c *authtest.Config) *bool { return &c.ExpireOnRefresh }),
		boolSetting("opaque-tokens", "mint random strings in place of JWTs", func(c *authtest.Config) *bool { return &c.OpaqueTokens }),
		boolSetting("repeat-access-token", "respond to a refresh with the same access token", func(c *authtest.Config) *bool { return &c.RepeatAccessToken }),
	}
}

func oauthSettings() []Setting {
	return []Setting{
		textSetting("browser-user", "alice", "user who is signed in at the authorization endpoint", func(c *authtest.Config) *string { return &c.BrowserUser }),
		boolSetting("deny-authorization", "let the user refuse authorization requests", func(c *authtest.Config) *bool { return &c.DenyAuthorization }),
		textSetting("client-auth", "", "client authentication: client_secret_basic, client_secret_post, or either", func(c *authtest.Config) *authtest.ClientAuth { return &c.ClientAuth }),
		boolSetting("require-par", "refuse authorization requests that were not pushed", func(c *authtest.Config) *bool { return &c.RequirePAR }),
		boolSetting("omit-iss", "leave iss out of authorization responses", func(c *authtest.Config) *bool { return &c.OmitIss }),
		durationSetting("device-interval", "5s", "least time between two polls of a device", func(c *authtest.Config) *time.Duration { return &c.DeviceInterval }),
		textSetting("dpop", "", "required, to bind every session to a key", func(c *authtest.Config) *authtest.DPoP { return &c.DPoP }),
		boolSetting("dpop-nonce", "require the current nonce in DPoP proofs", func(c *authtest.Config) *bool { return &c.DPoPNonce }),
	}
}

func responseSettings() []Setting {
	return []Setting{
		textSetting("shape", "", "response of /auth/refresh: string, text, or an object", func(c *authtest.Config) *authtest.Shape { return &c.Shape }),
		textSetting("access-field", "accessToken", "name of the access token in REST responses", func(c *authtest.Config) *string { return &c.AccessField }),
		textSetting("refresh-field", "refreshToken", "name of the refresh token in REST responses", func(c *authtest.Config) *string { return &c.RefreshField }),
		textSetting("expires-field", "expiresIn", "name of the lifetime in REST responses", func(c *authtest.Config) *string { return &c.ExpiresField }),
		intSetting("refresh-status", "201", "status of a granted /auth/refresh", func(c *authtest.Config) *int { return &c.RefreshStatus }),
		textSetting("expires-in", "", "lifetime in responses: string, absent, null, nanoseconds, negative, huge, or seconds",
			func(c *authtest.Config) *authtest.ExpiresIn { return &c.ExpiresIn }),
		textSetting("error-dialect", "", "form of refusals: github, slack, supabase, hubspot, dex, or OAuth's",
			func(c *authtest.Config) *authtest.ErrorDialect { return &c.ErrorDialect }),
		intSetting("expired-status", "401", "status for an access token that is not valid", func(c *authtest.Config) *int { return &c.ExpiredStatus }),
		textSetting("expired-body", "", "body for an access token that is not valid", func(c *authtest.Config) *string { return &c.ExpiredBody }),
		boolSetting("omit-challenge", "leave out the WWW-Authenticate header", func(c *authtest.Config) *bool { return &c.OmitChallenge }),
		intSetting("reject-scope", "0", "status of insufficient_scope for good access tokens, 0 for none", func(c *authtest.Config) *int { return &c.RejectScope }),
		intSetting("refused-status", "0", "status for a refresh token that is not valid, 0 for the usual one", func(c *authtest.Config) *int { return &c.RefusedStatus }),
		textSetting("refused-body", "", "body for a refresh token that is not valid", func(c *authtest.Config) *string { return &c.RefusedBody }),
		textSetting("token-redirect", "", "absolute URL to redirect every refresh to", func(c *authtest.Config) *string { return &c.TokenRedirect }),
		intSetting("redirect-status", "307", "status of that redirect", func(c *authtest.Config) *int { return &c.RedirectStatus }),
	}
}

func textSetting[T ~string](name, value, usage string, field func(*authtest.Config) *T) Setting {
	return Setting{
		Name: name, Usage: usage, Default: value,
		set: func(c *authtest.Config, v string) error { *field(c) = T(v); return nil },
		get: func(c *authtest.Config) string { return string(*field(c)) },
	}
}

func durationSetting(name, value, usage string, field func(*authtest.Config) *time.Duration) Setting {
	return Setting{
		Name: name, Usage: usage, Default: value,
		set: func(c *authtest.Config, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil {
				return fmt.Errorf("%q is not a duration; write it like 90s or 1h30m", v)
			}
			*field(c) = d
			return nil
		},
		get: func(c *authtest.Config) string { return field(c).String() },
	}
}

func intSetting(name, value, usage string, field func(*authtest.Config) *int) Setting {
	return Setting{
		Name: name, Usage: usage, Default: value,
		set: func(c *authtest.Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil {
				return fmt.Errorf("%q is not a number", v)
			}
			*field(c) = n
			return nil
		},
		get: func(c *authtest.Config) string { return strconv.Itoa(*field(c)) },
	}
}

func boolSetting(name, usage string, field func(*authtest.Config) *bool) Setting {
	return Setting{
		Name: name, Usage: usage, Default: "false", Bool: true,
		set: func(c *authtest.Config, v string) error {
			b, err := strconv.ParseBool(v)
			if err != nil {
				return fmt.Errorf("%q is neither true nor false", v)
			}
			*field(c) = b
			return nil
		},
		get: func(c *authtest.Config) string { return strconv.FormatBool(*field(c)) },
	}
}
