package origin

import (
	"net/url"
	"slices"
	"strings"
)

// Set is the origins that may see a secret.
type Set []Origin

// Match returns the origin in s that a request to u with the given Host header would reach. It
// reports false if there is none. An empty host stands for that of u.
//
// The Host header counts, too: behind one address, it selects who gets the request. So does an
// opaque URL: only "" or a rooted path is accepted, since a proxy follows anything else wherever it
// leads.
func (s Set) Match(u *url.URL, host string) (Origin, bool) {
	if u != nil && u.Opaque == "" && (host == "" || host == u.Host) && s.first(u) {
		return Origin{u.Scheme, u.Host}, true // nearly every request
	}
	if u == nil || u.Opaque != "" && (u.Opaque[0] != '/' || strings.HasPrefix(u.Opaque, "//")) {
		return Origin{}, false
	}
	o, ok := s.find(u.Scheme, u.Host)
	if ok && host != "" && host != u.Host {
		_, ok = s.find(u.Scheme, host)
	}
	return o, ok
}

// first reports whether u has the first origin of the set, in its canonical spelling.
func (s Set) first(u *url.URL) bool {
	return u.Host != "" && len(s) > 0 && u.Host == s[0].host && u.Scheme == s[0].scheme
}

// find looks for the canonical spelling first, which nearly every request has, because that
// allocates nothing.
func (s Set) find(scheme, host string) (Origin, bool) {
	if host == "" {
		return Origin{}, false
	}
	for _, o := range s {
		if o.scheme == scheme && o.host == host {
			return Origin{scheme, host}, true // equal strings in one place are compared faster
		}
	}
	o, ok := of(scheme, host)
	return o, ok && slices.Contains(s, o)
}

// Contains reports whether o is in the set.
func (s Set) Contains(o Origin) bool { return slices.Contains(s, o) }

// String lists the origins, separated by commas.
func (s Set) String() string {
	texts := make([]string, len(s))
	for i, o := range s {
		texts[i] = o.String()
	}
	return strings.Join(texts, ", ")
}
