package endpoints

import (
	"net/http"
	"slices"
	"strings"
)

// A refresh token that travels in cookies is kept as the value of a Cookie header: "name=value;
// other=value".

// CookieHeader returns the Cookie header for a refresh token. A bare value is that of the only
// cookie.
func CookieHeader(token string, names []string) string {
	if len(names) == 1 && !strings.HasPrefix(token, names[0]+"=") {
		return names[0] + "=" + token
	}
	return token
}

// CookiesAfter returns the refresh token after a response: the cookies that it sets replace those
// of the same name, and those that it deletes are gone. Only the named ones are kept. Without a
// change it returns "".
func CookiesAfter(token string, h http.Header, names []string) string {
	kept := make(map[string]string)
	for _, c := range (&http.Request{Header: http.Header{"Cookie": {CookieHeader(token, names)}}}).Cookies() {
		kept[c.Name] = c.Value
	}
	changed := false
	for _, c := range (&http.Response{Header: h}).Cookies() {
		if !slices.Contains(names, c.Name) {
			continue
		}
		changed = true
		kept[c.Name] = c.Value
		if c.MaxAge < 0 || c.Value == "" {
			delete(kept, c.Name)
		}
	}
	if !changed {
		return ""
	}
	var pairs []string
	for _, name := range names {
		if v, ok := kept[name]; ok && v != "" {
			pairs = append(pairs, name+"="+v)
		}
	}
	return strings.Join(pairs, "; ")
}
