package har

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// unknownType stands for the media type of a message without one, as in the archives of browsers.
const unknownType = "x-unknown"

// unknownSize is a size in bytes that is not known: what a transport puts around the fields of a
// header, for one.
const unknownSize = -1

// describeRequest describes a request without its body. The protocol is that of the response, if
// there is one.
func (x *exchange) describeRequest(req *http.Request, proto string) request {
	v := x.recorder.view
	r := request{
		Method: cmp.Or(req.Method, http.MethodGet), URL: absolute(v.url(req.URL)),
		HTTPVersion: cmp.Or(proto, req.Proto, "HTTP/1.1"), HeadersSize: unknownSize,
	}
	fields := x.wire
	if len(fields) == 0 { // a transport that does not tell
		fields = fieldsOf(req.Header)
		if host := cmp.Or(req.Host, hostOf(req.URL)); host != "" && req.Header.Get("Host") == "" {
			fields = append([]pair{{Name: "Host", Value: host}}, fields...)
		}
	}
	r.Headers = v.fields(fields)
	r.Cookies = requestCookies(r.Headers)
	r.QueryString = query(r.URL)
	return r
}

// describeResponse describes a response without its body.
func (x *exchange) describeResponse(req *http.Request, resp *http.Response) response {
	v := x.recorder.view
	r := response{
		Status: resp.StatusCode, HTTPVersion: cmp.Or(resp.Proto, "HTTP/1.1"), HeadersSize: unknownSize,
		StatusText: http.StatusText(resp.StatusCode),
		Headers:    v.fields(fieldsOf(resp.Header)),
		Content:    content{MimeType: v.mimeType(resp.Header.Get("Content-Type"))},
		Cookies:    make([]cookie, 0),
	}
	if text := strings.TrimSpace(strings.TrimLeft(resp.Status, "0123456789")); text != r.StatusText {
		r.StatusText = v.text(text, v.secrets(req)...) // the server's own words
	}
	if resp.Uncompressed {
		r.BodySize = unknownSize
	}
	if location := resp.Header.Get("Location"); location != "" {
		r.RedirectURL = v.header("Location", location)
	}
	for _, f := range r.Headers {
		if strings.EqualFold(f.Name, "Set-Cookie") {
			if c, err := http.ParseSetCookie(f.Value); err == nil {
				r.Cookies = append(r.Cookies, responseCookie(c))
			}
		}
	}
	return r
}

// noResponse is what browsers write for a request that failed.
func noResponse() response {
	return response{
		Cookies: make([]cookie, 0), Headers: make([]pair, 0), Content: content{MimeType: unknownType},
		HeadersSize: unknownSize, BodySize: unknownSize,
	}
}

// absolute makes a URL one that the format allows. One without a host was never sent.
func absolute(shown string) string {
	if u, err := url.Parse(shown); err == nil && u.IsAbs() {
		return shown
	}
	return "http://unknown.invalid/" + strings.TrimLeft(shown, "/")
}

func fieldsOf(h http.Header) []pair {
	list := make([]pair, 0, len(h)+1)
	for name, values := range h {
		for _, v := range values {
			list = append(list, pair{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(list, func(a, b pair) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// The limits on what is shown of a header.
const (
	maxHeader = redact.MaxText // bytes
	maxFields = 1000
)

// fields returns what is shown of a header, within its limits.
func (v view) fields(list []pair) []pair {
	shown := make([]pair, 0, len(list))
	left := maxHeader
	for i, f := range list {
		if left -= len(f.Name) + len(f.Value); left < 0 && !v.everything || i == maxFields {
			return append(shown, pair{Name: "…", Value: fmt.Sprintf("[%d more]", len(list)-i)})
		}
		shown = append(shown, pair{Name: v.name(f.Name), Value: v.header(f.Name, f.Value)})
	}
	return shown
}

func (v view) mimeType(contentType string) string {
	if contentType == "" {
		return unknownType
	}
	return v.header("Content-Type", contentType)
}

func hostOf(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Host
}

// requestCookies reads the cookies from what is shown of a header, so that they show no more.
func requestCookies(shown []pair) []cookie {
	list := make([]cookie, 0)
	for _, f := range shown {
		if !strings.EqualFold(f.Name, "Cookie") {
			continue
		}
		for pair := range strings.SplitSeq(f.Value, ";") {
			if name, value, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
				list = append(list, cookie{Name: name, Value: value})
			}
		}
	}
	return list
}

func responseCookie(c *http.Cookie) cookie {
	r := cookie{Name: c.Name, Value: c.Value, Path: c.Path, Domain: c.Domain, HTTPOnly: c.HttpOnly, Secure: c.Secure}
	if !c.Expires.IsZero() {
		r.Expires = c.Expires.UTC().Format(time.RFC3339)
	}
	return r
}

// query reads the query from what is shown of a URL.
func query(shown string) []pair {
	list := make([]pair, 0)
	shown, _, _ = strings.Cut(shown, "#")
	_, raw, _ := strings.Cut(shown, "?")
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		list = append(list, pair{Name: unescaped(name), Value: unescaped(value)})
	}
	return list
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
