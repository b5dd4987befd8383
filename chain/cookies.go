package chain

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// cookies are those that responses have set which do not reach the caller, because a retry gave
// them up or the call failed. [http.Client] keeps cookies above the chain, so without them its jar
// would miss what a refused response set. A nil *cookies is empty.
type cookies struct {
	url   *url.URL // of the request that set them
	lines []string // of Set-Cookie, in the order of arrival
}

// keepCookies collects the cookies of a response that does not reach the caller.
func (c *call) keepCookies(r *interceptor.Response) {
	lines := r.Header["Set-Cookie"]
	if len(lines) == 0 || c.req.URL == nil || c.client != nil && c.client.Jar == nil {
		return
	}
	if c.discarded == nil {
		c.discarded = new(cookies)
	}
	c.discarded.url = c.req.URL
	c.discarded.lines = append(c.discarded.lines, lines...)
}

// saveCookies puts the cookies into the jar of the client, if it is known.
func (c *call) saveCookies() {
	if c.discarded != nil && c.client != nil && c.client.Jar != nil {
		c.client.Jar.SetCookies(c.orig.URL, c.discarded.parse())
	}
}

// addTo adds the cookies to those of a response, before its own, which count more.
func (k *cookies) addTo(r *http.Response) {
	h := r.Header.Clone() // an interceptor may give the same header to many calls
	if h == nil {
		h = make(http.Header)
	}
	h["Set-Cookie"] = slices.Concat(k.lines, h["Set-Cookie"])
	r.Header = h
}

// sendWith updates the Cookie header of the next send, as the client's jar would.
func (k *cookies) sendWith(r *http.Request) {
	set, replaced := k.parse(), k.parse()
	for _, c := range replaced {
		c.MaxAge, c.Expires = 0, time.Time{} // a deleted cookie must match, too, to be replaced
	}
	names := make(map[string]bool)
	for _, c := range matching(k.url, replaced) {
		names[c.Name] = true
	}
	var all []string
	for _, c := range r.Cookies() {
		if !names[c.Name] {
			all = append(all, c.String())
		}
	}
	for _, c := range matching(k.url, set) {
		all = append(all, c.String())
	}
	if len(all) == 0 {
		delete(r.Header, "Cookie")
		return
	}
	r.Header["Cookie"] = []string{strings.Join(all, "; ")}
}

func (k *cookies) parse() []*http.Cookie {
	return (&http.Response{Header: http.Header{"Set-Cookie": k.lines}}).Cookies()
}

// matching returns the cookies among set, by a server at u, that go back to u.
func matching(u *url.URL, set []*http.Cookie) []*http.Cookie {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil
	}
	jar.SetCookies(u, set)
	return jar.Cookies(u)
}
