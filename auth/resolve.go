package auth

import (
	"net/http"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

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
