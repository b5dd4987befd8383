package redact

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Secrets returns the values that are masked in this URL and header: credentials, cookies,
// parameters, user information. [Redactor.Text] masks them in an error that repeats them. The URL
// may be nil.
func (r *Redactor) Secrets(u *url.URL, h http.Header) []string {
	var s []string
	if u != nil {
		s = r.urlSecrets(s, u)
	}
	for name, values := range h {
		for _, v := range values {
			s = r.headerSecrets(s, name, v)
		}
	}
	slices.Sort(s)
	return slices.Compact(s)
}

func (r *Redactor) urlSecrets(s []string, u *url.URL) []string {
	if u.User != nil {
		s = append(s, u.User.Username())
		if p, ok := u.User.Password(); ok {
			s = append(s, p)
		}
	}
	if len(u.RawQuery) > MaxText { // which makes Text hide everything
		return append(s, u.RawQuery)
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, raw, ok := strings.Cut(pair, "=")
		if !ok {
			s = append(s, unescape(pair))
			continue
		}
		if v := unescape(raw); r.QueryValue(unescape(name), v) != v {
			s = append(s, v)
		}
	}
	if u.Fragment != "" {
		s = append(s, u.Fragment)
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if !plain(segment) {
			s = append(s, segment)
		}
	}
	return s
}

// unescape undoes the escaping of a query, where it is right.
func unescape(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}

func (r *Redactor) headerSecrets(s []string, name, value string) []string {
	switch kindOf(strings.ToLower(name)) {
	case credentialHeader:
		return credentialSecrets(s, value)
	case cookieHeader, setCookieHeader:
		for pair := range strings.SplitSeq(value, ";") {
			attribute, v, ok := strings.Cut(strings.TrimSpace(pair), "=")
			switch strings.ToLower(attribute) {
			case "expires", "max-age", "samesite", "domain", "path":
				continue
			}
			if ok {
				s = append(s, v)
			}
		}
		return s
	case urlHeader:
		if u, err := url.Parse(value); err == nil {
			return r.urlSecrets(s, u)
		}
		return append(s, value)
	case challengeHeader, mediaTypeHeader:
		return s
	default:
		if r.HeaderValue(name, value) != value {
			s = append(s, value)
		}
		return s
	}
}

// credentialSecrets adds the credentials of an Authorization header, those of Basic also in the
// clear.
func credentialSecrets(s []string, value string) []string {
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok {
		return append(s, value)
	}
	s = append(s, rest)
	if strings.EqualFold(scheme, "Basic") {
		if text, err := base64.StdEncoding.DecodeString(rest); err == nil {
			user, password, _ := strings.Cut(string(text), ":")
			s = append(s, user, password)
		}
	}
	return s
}
