package authtest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// validate returns every problem of the configuration, whose defaults are filled in.
func (c *Config) validate() error {
	var errs []error
	report := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("authtest: "+format, args...))
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"AccessTTL", c.AccessTTL},
		{"RefreshTTL", c.RefreshTTL},
		{"ReuseGrace", c.ReuseGrace},
		{"DeviceInterval", c.DeviceInterval},
	} {
		report(d.value < 0, "%s is %v; it must not be negative", d.name, d.value)
	}
	for _, s := range []struct {
		name  string
		value int
	}{
		{"RefreshStatus", c.RefreshStatus},
		{"ExpiredStatus", c.ExpiredStatus},
		{"RejectScope", cmp.Or(c.RejectScope, http.StatusForbidden)},
		{"RefusedStatus", cmp.Or(c.RefusedStatus, http.StatusUnauthorized)},
	} {
		report(s.value < 200 || s.value > 599, "%s is %d; use a final status, 200 to 599", s.name, s.value)
	}
	report(c.RedirectStatus < 300 || c.RedirectStatus > 399, "RedirectStatus is %d; use 300 to 399", c.RedirectStatus)
	if c.TokenRedirect != "" {
		u, err := url.Parse(c.TokenRedirect)
		report(err != nil || !u.IsAbs() || u.Host == "", "TokenRedirect is not an absolute URL")
	}
	report(!oneOf(c.Rotation, Rotate, RepeatRefreshToken, OmitRefreshToken, BlankRefreshToken),
		"Rotation %q is unknown; use repeat, omit, blank or nothing", c.Rotation)
	report(!oneOf(c.Shape, ObjectShape, StringShape, TextShape), "Shape %q is unknown; use string, text or nothing", c.Shape)
	report(!oneOf(c.ExpiresIn, ExpiresInSeconds, ExpiresInString, ExpiresInAbsent, ExpiresInNull,
		ExpiresInNanoseconds, ExpiresInNegative, ExpiresInHuge),
		"ExpiresIn %q is unknown; use string, absent, null, nanoseconds, negative, huge or nothing", c.ExpiresIn)
	report(!oneOf(c.ErrorDialect, OAuthErrors, GitHubErrors, SlackErrors, SupabaseErrors, HubSpotErrors, DexErrors),
		"ErrorDialect %q is unknown; use github, slack, supabase, hubspot, dex or nothing", c.ErrorDialect)
	report(!oneOf(c.ClientAuth, AnyClientAuth, ClientSecretBasic, ClientSecretPost),
		"ClientAuth %q is unknown; use client_secret_basic, client_secret_post or nothing", c.ClientAuth)
	report(!oneOf(c.DPoP, DPoPAccepted, DPoPRequired), "DPoP %q is unknown; use required or nothing", c.DPoP)
	for id, key := range c.ClientKeys {
		report(!verifies(key), "ClientKeys[%q] is a %T; use a P-256, Ed25519 or RSA public key", id, key)
	}
	return errors.Join(errs...)
}

// oneOf reports whether v is among the allowed values.
func oneOf[T comparable](v T, allowed ...T) bool { return slices.Contains(allowed, v) }

// fixedChange names the first fixed field that differs in next, "" if none does.
func (c *Config) fixedChange(next *Config) string {
	switch {
	case c.Addr != next.Addr:
		return "Addr"
	case c.InMemory != next.InMemory:
		return "InMemory"
	case c.Issuer != next.Issuer:
		return "Issuer"
	}
	return ""
}
