package auth

import (
	"net/http"
	"net/url"
	"strings"
)

// resolve gives a relative request a URL that is absolute.
func (a *Interceptor) resolve(r *http.Request) {
	if r.URL == nil || !relative(r.URL) {
		return
	}
	u := new(*r.URL)
	r.URL = u
	if r.Response != nil && r.Response.Request != nil {
		// Net/http has resolved the Location of a redirect against the relative URL it was given, which is not where
		// that leads. The request that was redirected knows better.
		from, location := r.Response.Request.URL, r.Response.Header.Get("Location")
		if to, err := from.Parse(location); err == nil && !relative(from) {
			*u = *to
			return
		}
	}
	resolve(a.base, u)
}

func relative(u *url.URL) bool { return u.Scheme == "" && u.Host == "" && u.Opaque == "" }

// resolve makes a relative u absolute, in place: the path of the base URL goes before its own.
func resolve(base, u *url.URL) {
	if base == nil || !relative(u) {
		return
	}
	u.Scheme, u.Host = base.Scheme, base.Host
	if (base.Path == "" || base.Path == "/") && strings.HasPrefix(u.Path, "/") {
		return
	}
	u.Path, u.RawPath = join(base.Path, u.Path), join(base.EscapedPath(), u.EscapedPath())
}

func join(base, path string) string {
	if path == "" {
		return base
	}
	return strings.TrimSuffix(base, "/") + "/" + strings.TrimPrefix(path, "/")
}
