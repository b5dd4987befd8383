package auth

import (
	"fmt"
	"net"
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
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, origin{}, fmt.Errorf("auth: %s must be an absolute http or https URL", field)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, origin{}, fmt.Errorf("auth: %s must have no user, query or fragment", field)
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

// allowed tells whether a request to u, with the given Host, may carry the token. The Host counts too: behind one
// address, it chooses who gets the request.
func (a *Interceptor) allowed(u *url.URL, host string) bool {
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

// resolve makes a relative u absolute, in place: the path of the base URL goes before its own.
func (a *Interceptor) resolve(u *url.URL) {
	if a.base == nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" {
		return
	}
	path, raw := join(a.base.Path, u.Path), join(a.base.EscapedPath(), u.EscapedPath())
	u.Scheme, u.Host, u.Path, u.RawPath = a.base.Scheme, a.base.Host, path, raw
}

func join(base, path string) string {
	if path == "" {
		return base
	}
	return strings.TrimSuffix(base, "/") + "/" + strings.TrimPrefix(path, "/")
}
