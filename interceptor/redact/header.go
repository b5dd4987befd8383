package redact

import (
	"mime"
	"net/http"
	"strings"
)

type headerKind uint8

const (
	otherHeader headerKind = iota
	credentialHeader
	cookieHeader
	setCookieHeader
	urlHeader
	challengeHeader
	mediaTypeHeader
	idHeader
)

func kindOf(lower string) headerKind {
	switch lower {
	case "authorization", "proxy-authorization":
		return credentialHeader
	case "cookie":
		return cookieHeader
	case "set-cookie":
		return setCookieHeader
	case "location", "content-location", "referer":
		return urlHeader
	case "www-authenticate", "proxy-authenticate":
		return challengeHeader
	case "content-type":
		return mediaTypeHeader
	case "x-request-id", "x-correlation-id", "request-id", "traceparent":
		return idHeader
	default:
		return otherHeader
	}
}

// Header returns a copy of h with what may be shown of it. A nil h is nil.
func (r *Redactor) Header(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	c := make(http.Header, len(h))
	for name, values := range h {
		list := make([]string, len(values))
		for i, v := range values {
			list[i] = r.HeaderValue(name, v)
		}
		c[r.Name(name)] = list
	}
	return c
}

// HeaderValue returns what may be shown of one value of a header.
func (r *Redactor) HeaderValue(name, value string) string {
	name = strings.ToLower(name)
	wanted := r.orDefault().headers[name]
	switch kindOf(name) {
	case credentialHeader:
		return credential(value)
	case cookieHeader:
		return cookies(value)
	case setCookieHeader:
		return setCookie(value)
	case urlHeader:
		if wanted {
			return value
		}
		return r.URLString(value)
	case challengeHeader:
		if wanted {
			return value
		}
		return r.challenge(value)
	case mediaTypeHeader:
		if wanted {
			return value
		}
		return mediaType(value)
	case idHeader:
		return visible(trustIn(wanted || identifier(value), true), value)
	default:
		return visible(trustIn(wanted, knownHeader(name)), value)
	}
}

// credential shows the scheme of an Authorization header.
func credential(value string) string {
	scheme, _, ok := strings.Cut(strings.TrimLeft(value, " "), " ")
	if !ok {
		return Mask
	}
	switch strings.ToLower(scheme) {
	case "basic", "bearer", "digest", "dpop", "hoba", "mutual", "negotiate", "ntlm", "token", "apikey", "gnap", "signature",
		"aws4-hmac-sha256":
		return scheme + " " + Mask
	default:
		return Mask
	}
}

// cookies shows the names in a Cookie header.
func cookies(value string) string {
	list := strings.Split(value, ";")
	for i, c := range list {
		list[i] = cookie(strings.TrimSpace(c))
	}
	return strings.Join(list, "; ")
}

func cookie(pair string) string {
	name, _, ok := strings.Cut(pair, "=")
	if !ok || !plain(name) {
		return Mask
	}
	return name + "=" + Mask
}

// setCookie shows name and attributes of a Set-Cookie header.
func setCookie(value string) string {
	pair, attributes, _ := strings.Cut(value, ";")
	list := []string{cookie(strings.TrimSpace(pair))}
	for a := range strings.SplitSeq(attributes, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(a), "=")
		switch strings.ToLower(name) {
		case "expires", "max-age", "samesite", "domain", "path":
			list = append(list, name+"="+visible(checked, v))
		case "secure", "httponly", "partitioned":
			list = append(list, name)
		}
	}
	return strings.Join(list, "; ")
}

// challenge shows the parameters of a WWW-Authenticate header that say what is wrong.
func (r *Redactor) challenge(value string) string {
	return pairs.ReplaceAllStringFunc(value, func(pair string) string {
		name, v, _ := strings.Cut(pair, "=")
		switch strings.ToLower(name) {
		case "realm", "error", "scope", "charset", "algorithm", "qop", "stale", "error_description":
			return name + "=" + r.Text(v)
		default:
			return name + "=" + Mask
		}
	})
}

// mediaType shows no parameter but charset: the boundary of a multipart body is noise.
func mediaType(value string) string {
	media, params, err := mime.ParseMediaType(value)
	switch {
	case err != nil || !plain(media):
		return Mask
	case params["charset"] != "" && plain(params["charset"]):
		return media + "; charset=" + params["charset"]
	default:
		return media
	}
}
