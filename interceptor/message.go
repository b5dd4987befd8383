package interceptor

import (
	"net/url"
	"strconv"
	"strings"
)

// withoutSecrets returns u without what may be one: user, query, fragment.
func withoutSecrets(u *url.URL) string {
	c := *u
	if c.User != nil {
		c.User = url.User("xxxxx")
	}
	if c.RawQuery != "" {
		c.RawQuery = "…"
	}
	c.Fragment, c.RawFragment = "", ""
	return c.String()
}

// message returns the text of err, in which the URLs that net/http and net/url quote have lost their secrets.
func message(err error) string { return withoutURLs(err.Error(), err) }

// withoutURLs rewrites the URL of every [*url.Error] in err.
func withoutURLs(text string, err error) string {
	if ue, ok := err.(*url.Error); ok { //nolint:errorlint // this walks the tree itself, to find all of them
		safe := "(a URL that cannot be read)"
		if u, perr := url.Parse(ue.URL); perr == nil {
			safe = withoutSecrets(u)
		}
		text = strings.ReplaceAll(text, strconv.Quote(ue.URL), strconv.Quote(safe))
		if ue.URL != "" {
			text = strings.ReplaceAll(text, ue.URL, safe)
		}
	}
	switch u := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		if inner := u.Unwrap(); inner != nil {
			text = withoutURLs(text, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range u.Unwrap() {
			text = withoutURLs(text, inner)
		}
	}
	return text
}
