package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// parseOrigin reads the URL of an origin that may see tokens.
func (c *Config) parseOrigin(field, raw string) (*url.URL, origin.Origin, error) {
	u, o, err := origin.Parse(raw)
	switch {
	case err != nil:
		return nil, o, fmt.Errorf("auth: %s %w", field, err)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, o, fmt.Errorf("auth: %s must have no user, query or fragment", field)
	default:
		return u, o, endpoints.Environment{InsecureAllowHTTP: c.InsecureAllowHTTP}.Secure(field, o)
	}
}

// signable reports whether the request may carry the token: its origin is one of ours, the caller
// has not put a credential on it, and its context does not exclude it. If so, it spells the host as
// it was compared: a name such as LOCALHOST is loopback to the comparison, but net/http would send
// it to a proxy.
func (a *Interceptor) signable(r *http.Request) bool {
	if a.names.Authorized(r.Header) || a.excluded(r.Context()) {
		return false
	}
	o, ok := a.origins.Match(r.URL, r.Host)
	if !ok {
		return false
	}
	if r.URL.Host != o.Host() {
		u := new(*r.URL)
		u.Host = o.Host()
		r.URL = u
	}
	return true
}

// checkOrigins reads the origins that may see the token.
func (s *settings) checkOrigins() error {
	var errs []error
	add := func(field, raw string) *url.URL {
		u, o, err := s.config.parseOrigin(field, raw)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		s.origins = append(s.origins, o)
		return u
	}
	if s.config.BaseURL != "" {
		s.base = add("BaseURL", s.config.BaseURL)
	}
	for i, raw := range s.config.AllowedOrigins {
		field := fmt.Sprintf("AllowedOrigins[%d]", i)
		if u := add(field, raw); u != nil && u.Path != "" && u.Path != "/" {
			errs = append(errs, fmt.Errorf("auth: %s must be an origin, without a path", field))
		}
	}
	if s.config.BaseURL == "" && len(s.config.AllowedOrigins) == 0 {
		errs = append(errs, errors.New("auth: no origin may see the token: set BaseURL or AllowedOrigins"))
	}
	return errors.Join(errs...)
}

// resolve makes the URL of a relative request absolute.
func (a *Interceptor) resolve(r *http.Request) {
	if r.URL == nil || !origin.Relative(r.URL) {
		return
	}
	u := new(*r.URL)
	r.URL = u
	if r.Response != nil && r.Response.Request != nil {
		// Net/http resolved the Location of a redirect against the relative URL that it was given.
		// What counts is the URL that was sent, which the redirected request knows.
		from, location := r.Response.Request.URL, r.Response.Header.Get("Location")
		if to, err := from.Parse(location); err == nil && !origin.Relative(from) {
			*u = *to
			return
		}
	}
	origin.Resolve(a.base, u)
}
