package redact

import (
	"errors"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
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

// Header returns a copy of h with what may be shown of it. If h is nil, so is the result. Names are
// looked at in their order, up to [MaxText] bytes of names and values together; the remaining
// fields are counted under the name "…".
func (r *Redactor) Header(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	c := make(http.Header, min(len(h), mostFields))
	left, omitted := MaxText, 0
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			if left -= len(name) + len(v) + fieldCost; left < 0 && !r.orDefault().headers[strings.ToLower(name)] {
				omitted++
				continue
			}
			shown := r.Name(name)
			c[shown] = append(c[shown], r.HeaderValue(name, v))
		}
	}
	if omitted > 0 {
		c["…"] = []string{"[" + strconv.Itoa(omitted) + " more]"}
	}
	return c
}

const (
	fieldCost  = 32 // bytes that a field costs in addition to its name and its value
	mostFields = MaxText / fieldCost
)

// HeaderValue returns what may be shown of one value of a header. If the value is longer than
// [MaxText], that is its size, unless the name is listed.
func (r *Redactor) HeaderValue(name, value string) string {
	name = strings.ToLower(name)
	wanted := r.orDefault().headers[name]
	if len(value) > MaxText && !wanted {
		return size(value)
	}
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

// mediaType shows no parameter but charset: the boundary of a multipart body is noise.
func mediaType(value string) string {
	media, params, err := parseMediaType(value)
	switch {
	case err != nil || !plain(media):
		return Mask
	case params["charset"] != "" && plain(params["charset"]):
		return media + "; charset=" + params["charset"]
	default:
		return media
	}
}

// parseMediaType parses a Content-Type of a sane length.
func parseMediaType(value string) (media string, params map[string]string, err error) {
	const longest = 1 << 10
	if len(value) > longest {
		return "", nil, errLongType
	}
	return mime.ParseMediaType(value)
}

var errLongType = errors.New("redact: media type too long")
