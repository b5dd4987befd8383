package authtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Setting is a field of [Config] under the name that flags and /_control/set use for it. Get them
// from [Settings].
type Setting struct {
	Name    string // "access-ttl"
	Usage   string // one line, without a full stop
	Default string // "5m0s"
	Bool    bool   // the value is true or false

	set func(*Config, string) error
	get func(*Config) string
}

// Settings returns every setting that can be given as text, in the order in which they are
// documented: enough to make a flag of each.
func Settings() []Setting {
	all := append(tokenSettings(), answerSettings()...)
	defaults := (&Config{}).withDefaults()
	for i := range all {
		all[i].Default = all[i].get(&defaults)
	}
	return all
}

// Set changes a setting by its name. The value is checked for its form only; whether the
// configuration is valid is checked when it is used. The error names the settings there are, or
// the form the value must have.
func (c *Config) Set(name, value string) error {
	var names []string
	for _, s := range Settings() {
		if s.Name != name {
			names = append(names, s.Name)
			continue
		}
		if err := s.set(c, value); err != nil {
			return fmt.Errorf("authtest: setting %s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("authtest: no setting %q; there are %s", name, strings.Join(names, ", "))
}

func tokenSettings() []Setting {
	return []Setting{
		durationSetting("access-ttl", "life of an access token", func(c *Config) *time.Duration { return &c.AccessTTL }),
		durationSetting("refresh-ttl", "life of a refresh token", func(c *Config) *time.Duration { return &c.RefreshTTL }),
		durationSetting("clock-offset", "how far the server's clock is ahead", func(c *Config) *time.Duration { return &c.ClockOffset }),
		textSetting("rotation", "refresh token in the answer to a refresh: repeat, omit, blank, or a new one",
			func(c *Config) *Rotation { return &c.Rotation }),
		durationSetting("reuse-grace", "how long a spent refresh token is still answered", func(c *Config) *time.Duration { return &c.ReuseGrace }),
		boolSetting("grace-mints", "mint a further pair within reuse-grace", func(c *Config) *bool { return &c.GraceMints }),
		boolSetting("reuse-keeps-session", "refuse a reused refresh token without ending the session", func(c *Config) *bool { return &c.ReuseKeepsSession }),
		boolSetting("expire-on-refresh", "end earlier access tokens at every refresh", func(c *Config) *bool { return &c.ExpireOnRefresh }),
		boolSetting("opaque-tokens", "mint random strings in place of JWTs", func(c *Config) *bool { return &c.OpaqueTokens }),
		boolSetting("repeat-access-token", "answer a refresh with the same access token", func(c *Config) *bool { return &c.RepeatAccessToken }),
	}
}

func answerSettings() []Setting {
	return []Setting{
		textSetting("shape", "answer to /auth/refresh: string, text, or an object", func(c *Config) *Shape { return &c.Shape }),
		textSetting("access-field", "name of the access token in REST answers", func(c *Config) *string { return &c.AccessField }),
		textSetting("refresh-field", "name of the refresh token in REST answers", func(c *Config) *string { return &c.RefreshField }),
		textSetting("expires-field", "name of the lifetime in REST answers", func(c *Config) *string { return &c.ExpiresField }),
		intSetting("refresh-status", "status of a granted /auth/refresh", func(c *Config) *int { return &c.RefreshStatus }),
		textSetting("expires-in", "lifetime in answers: string, absent, null, nanoseconds, negative, huge, or seconds",
			func(c *Config) *ExpiresIn { return &c.ExpiresIn }),
		intSetting("expired-status", "status for an access token that is no good", func(c *Config) *int { return &c.ExpiredStatus }),
		textSetting("expired-body", "body for an access token that is no good", func(c *Config) *string { return &c.ExpiredBody }),
		boolSetting("omit-challenge", "leave out the WWW-Authenticate header", func(c *Config) *bool { return &c.OmitChallenge }),
		intSetting("reject-scope", "status of insufficient_scope for good access tokens, 0 for none", func(c *Config) *int { return &c.RejectScope }),
		intSetting("refused-status", "status for a refresh token that is no good, 0 for the usual one", func(c *Config) *int { return &c.RefusedStatus }),
		textSetting("refused-body", "body for a refresh token that is no good", func(c *Config) *string { return &c.RefusedBody }),
		textSetting("token-redirect", "absolute URL to redirect every refresh to", func(c *Config) *string { return &c.TokenRedirect }),
		intSetting("redirect-status", "status of that redirect", func(c *Config) *int { return &c.RedirectStatus }),
	}
}

func textSetting[T ~string](name, usage string, field func(*Config) *T) Setting {
	return Setting{
		Name: name, Usage: usage,
		set: func(c *Config, v string) error { *field(c) = T(v); return nil },
		get: func(c *Config) string { return string(*field(c)) },
	}
}

func durationSetting(name, usage string, field func(*Config) *time.Duration) Setting {
	return Setting{
		Name: name, Usage: usage,
		set: func(c *Config, v string) error {
			d, err := time.ParseDuration(v)
			if err != nil {
				return fmt.Errorf("%q is no duration; write it like 90s or 1h30m", v)
			}
			*field(c) = d
			return nil
		},
		get: func(c *Config) string { return field(c).String() },
	}
}

func intSetting(name, usage string, field func(*Config) *int) Setting {
	return Setting{
		Name: name, Usage: usage,
		set: func(c *Config, v string) error {
			n, err := strconv.Atoi(v)
			if err != nil {
				return fmt.Errorf("%q is no number", v)
			}
			*field(c) = n
			return nil
		},
		get: func(c *Config) string { return strconv.Itoa(*field(c)) },
	}
}

func boolSetting(name, usage string, field func(*Config) *bool) Setting {
	return Setting{
		Name: name, Usage: usage, Bool: true,
		set: func(c *Config, v string) error {
			b, err := strconv.ParseBool(v)
			if err != nil {
				return fmt.Errorf("%q is neither true nor false", v)
			}
			*field(c) = b
			return nil
		},
		get: func(c *Config) string { return strconv.FormatBool(*field(c)) },
	}
}
