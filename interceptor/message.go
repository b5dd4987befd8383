package interceptor

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// A server chooses the target of a redirect, and other people's errors may quote a body. These are
// the most bytes of either that a message shows.
const (
	longestURL   = 2 << 10
	longestCause = 8 << 10
)

// text returns the message: method and URL, status or kind, cause.
func (e *Error) text() string {
	subject := e.subject()
	var parts []string
	if subject != "" && !e.Origin.Bare {
		parts = append(parts, subject)
	}
	switch {
	case e.Response != nil && e.Response.Response != nil:
		parts = append(parts, statusText(e.Response.StatusCode))
	case e.Err == nil:
		parts = append(parts, e.Kind.String())
	}
	if e.Err != nil {
		parts = append(parts, escape.Cut(mask(e.Err.Error(), e.Err, subject), longestCause))
	}
	return strings.Join(parts, ": ")
}

// subject names the request: method and URL, or "".
func (e *Error) subject() string {
	if e.Request == nil || e.Request.Request == nil {
		return ""
	}
	method := cmp.Or(e.Request.Method, http.MethodGet)
	if e.Request.URL == nil {
		return method
	}
	return method + " " + withoutSecrets(e.Request.URL)
}

// statusText returns a status with its standard text. The reason phrase of the response is the
// server's to choose, so it is never shown.
func statusText(code int) string {
	if text := http.StatusText(code); text != "" {
		return strconv.Itoa(code) + " " + text
	}
	return strconv.Itoa(code)
}

// withoutSecrets returns u without the parts that may hold a secret: user, query, fragment, and the
// opaque form, which may hold all of them.
func withoutSecrets(u *url.URL) string {
	c := *u
	if c.User != nil {
		c.User = url.User("REDACTED")
	}
	if c.RawQuery != "" {
		c.RawQuery = "…"
	}
	if c.Opaque != "" {
		c.Opaque = "…"
	}
	c.Fragment, c.RawFragment = "", ""
	return escape.Cut(c.String(), longestURL)
}

// mask rewrites the text of err, the cause of an error about subject. Every URL that net/http and
// net/url quote loses its secrets, and where an error inside names the same subject again, that is
// left out.
func mask(text string, err error, subject string) string {
	switch e := err.(type) {
	case *url.Error:
		text = maskURL(text, e, subject)
	case *Error:
		if s := e.subject(); s != "" && s == subject {
			text = strings.ReplaceAll(text, "interceptor: "+escape.Line(s)+": ", "")
		}
	}
	switch u := err.(type) {
	case interface{ Unwrap() error }:
		if inner := u.Unwrap(); inner != nil {
			text = mask(text, inner, subject)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range u.Unwrap() {
			text = mask(text, inner, subject)
		}
	}
	return text
}

// maskURL rewrites what text says of e.
func maskURL(text string, e *url.Error, subject string) string {
	safe := "(a URL that cannot be read)"
	if u, err := url.Parse(e.URL); err == nil {
		safe = withoutSecrets(u)
	}
	quoted := strconv.Quote(safe)
	text = strings.ReplaceAll(text, strconv.Quote(e.URL), quoted)
	if e.URL != "" {
		text = strings.ReplaceAll(text, e.URL, safe)
	}
	if strings.ToUpper(e.Op)+" "+safe == subject {
		text = strings.ReplaceAll(text, e.Op+" "+quoted+": ", "")
	}
	return text
}
