// Package origin compares the origins of URLs in the form that net/http dials.
//
// # Overview
//
// An [Origin] is a scheme, a host, and a port (RFC 6454) in one canonical form. Package auth
// decides with it which requests may carry a token, and the demo which servers are on this machine.
// Both must agree with what net/http does with a URL: a comparison by Unicode rules would take
// "api.gİthub.com" for "api.github.com", while net/http dials "api.xn--github-qyd.com", which
// anybody can register.
//
// # Usage
//
//	base, own, err := origin.Parse("https://API.example.com:443/v1") // own is https://api.example.com
//	allowed := origin.Set{own}
//	match, ok := allowed.Match(req.URL, req.Host)
//
// The canonical form has lower-case ASCII letters, the shortest spelling of an IPv6 address, and no
// default port. Two spellings that net/http dials differently stay different: "example.com." and
// "example.com" are two origins, since a resolver may append a search domain to the second. A host
// that is not ASCII has no canonical form; it has to be configured as Punycode.
//
// # Errors
//
// [Parse] returns phrases without a subject, such as "must be an absolute http or https URL", which
// callers put after the name of their setting.
//
// # Concurrency
//
// Values are immutable.
//
// # Security
//
// FuzzMatch, and FuzzSignedRequest in package auth, hold the package to this: whatever net/http
// would dial for a request that matches is a configured origin.
package origin

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Origin is a scheme, a host, and a port in canonical form. Equal origins are ==. The zero value is
// no origin.
type Origin struct {
	scheme string // "http" or "https"
	host   string // as [url.URL].Host, without the default port
}

// Of returns the origin of an absolute http or https URL. It reports false if the URL has none:
// another scheme, no host, a host that is not ASCII, or a host or port that no well-formed URL has.
func Of(u *url.URL) (Origin, bool) {
	if u == nil {
		return Origin{}, false
	}
	return of(u.Scheme, u.Host)
}

func of(scheme, authority string) (Origin, bool) {
	scheme = lower(scheme)
	if scheme != "http" && scheme != "https" {
		return Origin{}, false
	}
	// Hostname and Port are also what net/http derives the address to dial from.
	u := url.URL{Host: authority}
	canonical := canonicalName
	if strings.HasPrefix(authority, "[") {
		canonical = canonicalAddress
	}
	host, ok := canonical(u.Hostname())
	if !ok {
		return Origin{}, false
	}
	port := u.Port()
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return Origin{scheme, host}, true
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return Origin{}, false // "0443" reaches port 443, but nothing that compares strings knows it
	}
	return Origin{scheme, host + ":" + port}, true
}

// canonicalAddress returns the canonical form of an address that stood in brackets.
func canonicalAddress(address string) (string, bool) {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() {
		return "", false
	}
	return "[" + ip.String() + "]", true
}

// canonicalName returns the canonical form of a host name or an IPv4 address.
func canonicalName(name string) (string, bool) {
	for i := range len(name) {
		if !isHostChar(name[i]) {
			return "", false
		}
	}
	return lower(name), name != ""
}

// isHostChar reports whether c may occur in a host name: letters, digits, and the marks that occur
// in practice.
func isHostChar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		return true
	default:
		return false
	}
}

// lower is [strings.ToLower] for ASCII only: 'İ' stays what it is.
func lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// Host returns host and port as they stand in [url.URL].Host, without the default port.
func (o Origin) Host() string { return o.host }

// String returns the origin as a URL without a path: "https://api.example.com:8443".
func (o Origin) String() string {
	if o == (Origin{}) {
		return ""
	}
	return (&url.URL{Scheme: o.scheme, Host: o.host}).String()
}

// Secure reports whether requests to the origin cannot be read on the network: by https, or on this
// machine.
func (o Origin) Secure() bool { return o.scheme == "https" || o.Loopback() }

// Loopback reports whether the origin is on this machine; see [IsLoopback].
func (o Origin) Loopback() bool {
	return o != Origin{} && IsLoopback((&url.URL{Host: o.host}).Hostname())
}

// IsLoopback reports whether host, a name or an address without brackets, is "localhost" in any
// case or a loopback address. Names below localhost are not: net/http sends them through a proxy
// and asks the resolver. Neither is an address with a zone, which a proxy gets, too.
func IsLoopback(host string) bool {
	if lower(host) == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.IsLoopback()
}
