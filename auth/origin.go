package auth

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// origin is scheme, host and port (RFC 6454), in lower case and without the default port.
type origin struct{ scheme, host string }

func originOf(scheme, host string) origin {
	scheme, host = strings.ToLower(scheme), strings.ToLower(host)
	if h, port, err := net.SplitHostPort(host); err == nil {
		if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
			host = h
			if strings.Contains(h, ":") {
				host = "[" + h + "]"
			}
		}
	}
	return origin{scheme, host}
}

// parseOrigin reads the URL of an origin that may see tokens.
func (c *Config) parseOrigin(field, raw string) (*url.URL, origin, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, origin{}, fmt.Errorf("auth: %s must be an absolute http or https URL", field)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, origin{}, fmt.Errorf("auth: %s must have no user, query or fragment", field)
	case strings.Contains(u.Host, "*"):
		return nil, origin{}, fmt.Errorf("auth: %s must name one host: there are no wildcards", field)
	}
	if err := c.secure(field, u); err != nil {
		return nil, origin{}, err
	}
	return u, originOf(u.Scheme, u.Host), nil
}

// secure refuses plain http to anything but this machine.
func (c *Config) secure(field string, u *url.URL) error {
	if u.Scheme == "https" || c.InsecureAllowHTTP || loopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("auth: %s: %w: use https, or set InsecureAllowHTTP and let everyone on the way read the tokens",
		field, ErrInsecureTransport)
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 §6.3
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// mine tells whether the request is one to sign.
func (a *Interceptor) mine(r *http.Request) bool {
	return a.allowed(r.URL, r.Host) && !authorized(r.Header) && !a.excluded(r.Context())
}

// authorized tells whether the caller has put an Authorization header on the request, in whatever casing.
func authorized(h http.Header) bool {
	const name = "Authorization"
	for k, v := range h {
		if len(k) == len(name) && len(v) > 0 && strings.EqualFold(k, name) {
			return true
		}
	}
	return false
}

// allowed tells whether a request to u, with the given Host, may carry the token. The Host counts too: behind one
// address, it chooses who gets the request. So does an opaque URL with a host of its own, to a proxy.
func (a *Interceptor) allowed(u *url.URL, host string) bool {
	if u == nil || strings.HasPrefix(u.Opaque, "//") {
		return false
	}
	return a.knows(u.Scheme, u.Host) && (host == "" || host == u.Host || a.knows(u.Scheme, host))
}

func (a *Interceptor) knows(scheme, host string) bool {
	for _, o := range a.origins {
		if o.scheme == scheme && o.host == host {
			return true
		}
	}
	return slices.Contains(a.origins, originOf(scheme, host))
}

// checkOrigins reads the origins that may see the token.
func (a *settings) checkOrigins() error {
	var errs []error
	add := func(field, raw string) *url.URL {
		u, o, err := a.config.parseOrigin(field, raw)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		a.origins = append(a.origins, o)
		return u
	}
	if a.config.BaseURL != "" {
		a.base = add("BaseURL", a.config.BaseURL)
	}
	for _, raw := range a.config.AllowedOrigins {
		if u := add("AllowedOrigins", raw); u != nil && u.Path != "" && u.Path != "/" {
			errs = append(errs, errors.New("auth: AllowedOrigins must be origins, without a path"))
		}
	}
	if a.config.BaseURL == "" && len(a.config.AllowedOrigins) == 0 {
		errs = append(errs, errors.New("auth: no origin may see the token: set BaseURL or AllowedOrigins"))
	}
	return errors.Join(errs...)
}
