package redact

import (
	"net/url"
	"strings"
)

// URL returns what may be shown of u: no user information, no path segment that looks like a token,
// and of the query only the names and the values that may be shown. Of a URL longer than [MaxText]
// it returns scheme and host. If u is nil, it returns "".
func (r *Redactor) URL(u *url.URL) string {
	if u == nil {
		return ""
	}
	if len(u.Opaque)+len(u.Path)+len(u.RawQuery)+len(u.Fragment)+len(u.Host) > MaxText {
		return (&url.URL{Scheme: u.Scheme, Host: shownHost(u.Host[:min(len(u.Host), MaxText)]), Path: "/" + Mask}).String()
	}
	c := *u
	if c.Opaque != "" {
		c.Opaque = Mask
	}
	if c.User != nil {
		c.User = url.User(Mask)
	}
	c.Host = shownHost(c.Host)
	c.RawPath = path(u.EscapedPath())
	if text, err := url.PathUnescape(c.RawPath); err == nil {
		c.Path = text
	}
	c.RawQuery = r.Query(u.RawQuery)
	if c.Fragment != "" {
		c.Fragment, c.RawFragment = Mask, ""
	}
	return c.String()
}

// shownHost returns the host, unless it is a token in a text that only looks like a URL.
func shownHost(host string) string {
	if !strings.Contains(host, ".") && !plain(host) || prefixed(host) {
		return Mask
	}
	return host
}

// URLString is URL for a URL in a string, absolute or relative. A string that cannot be parsed is
// masked.
func (r *Redactor) URLString(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return Mask
	}
	return r.URL(u)
}

// Query returns what may be shown of a query, as it stands in a URL.
func (r *Redactor) Query(raw string) string { return r.parameters(raw, r.QueryValue) }

// Form returns what may be shown of a body of type application/x-www-form-urlencoded. The body may
// end anywhere.
func (r *Redactor) Form(body []byte) string {
	form := string(body)
	last := strings.LastIndexByte(form, '&') + 1
	// The last value may be half a token, which does not look like one.
	return r.parameters(form[:last], r.FieldValue) + r.parameters(form[last:], func(name, value string) string {
		if !code(value) && !r.orDefault().fields[strings.ToLower(name)] {
			return Mask
		}
		return r.FieldValue(name, value)
	})
}

func (r *Redactor) parameters(raw string, value func(name, value string) string) string {
	if raw == "" {
		return ""
	}
	list := strings.Split(raw, "&")
	for i, pair := range list {
		name, v, ok := strings.Cut(pair, "=")
		if !ok {
			if pair != "" {
				list[i] = Mask // a name without a value may be a value without a name
			}
			continue
		}
		plainName, err := url.QueryUnescape(name)
		plainValue, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil {
			list[i] = Mask
			continue
		}
		if r.Name(plainName) == Mask {
			name = Mask
		}
		if value(plainName, plainValue) != plainValue {
			v = Mask
		}
		list[i] = name + "=" + v
	}
	return strings.Join(list, "&")
}

func path(escaped string) string {
	if !strings.ContainsFunc(escaped, func(c rune) bool { return c != '/' }) {
		return escaped
	}
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		if text, err := url.PathUnescape(s); err != nil || !plain(text) {
			segments[i] = Mask
		}
	}
	return strings.Join(segments, "/")
}
