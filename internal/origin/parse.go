package origin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Parse reads the URL of a setting: absolute, http or https, with a host that has a canonical form.
// The host of the returned URL is in that form. Errors do not quote the URL, which may hold a
// secret, except for its host.
func Parse(raw string) (*url.URL, Origin, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, Origin{}, errors.New("must be an absolute http or https URL")
	}
	if u.Opaque != "" {
		return nil, Origin{}, errors.New("must not be an opaque URL")
	}
	o, err := check(u)
	if err != nil {
		return nil, Origin{}, err
	}
	u.Host = o.host
	return u, o, nil
}

// check returns the origin of an absolute URL, or what is wrong with its host.
func check(u *url.URL) (Origin, error) {
	o, ok := Of(u)
	switch {
	case ok:
		return o, nil
	case strings.Contains(u.Host, "*"):
		return o, errors.New("must name one host: there are no wildcards")
	case !isASCII(u.Host):
		if ascii := dialed(u); ascii != (Origin{}) {
			return o, fmt.Errorf("must spell its host in ASCII, as it is dialed: %s", ascii)
		}
		return o, fmt.Errorf("must name a valid host, not %q", u.Hostname())
	default:
		return o, fmt.Errorf("must have a valid host and port, not %q", u.Host)
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// dialed returns the origin that net/http makes of a host that is not ASCII; the zero Origin if it
// makes none. Its tables are not exported, so it is asked: a transport whose dialer only listens
// makes no connection.
func dialed(u *url.URL) Origin {
	address := make(chan string, 1)
	t := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			address <- addr
			return nil, errNotDialed
		},
	}
	at := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
	r := &http.Request{Method: http.MethodGet, URL: at, Header: http.Header{}}
	resp, err := t.RoundTrip(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	select {
	case host := <-address:
		o, _ := of(u.Scheme, host)
		return o
	default:
		return Origin{}
	}
}

var errNotDialed = errors.New("origin: not dialed, only asked for the address")

// Relative reports whether u names no origin of its own.
func Relative(u *url.URL) bool { return u.Scheme == "" && u.Host == "" && u.Opaque == "" }

// Resolve makes a relative u absolute, in place: the path of base goes before its own. A nil base
// changes nothing.
func Resolve(base, u *url.URL) {
	if base == nil || !Relative(u) {
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
