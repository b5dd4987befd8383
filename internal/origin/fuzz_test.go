package origin_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// dialed returns the address that net/http dials for a URL; "" if it dials none.
func dialed(u *url.URL) string {
	address := make(chan string, 1)
	t := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			address <- addr
			return nil, errors.New("not dialed")
		},
	}
	resp, err := t.RoundTrip(&http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}})
	if err == nil {
		_ = resp.Body.Close()
	}
	select {
	case a := <-address:
		return a
	default:
		return ""
	}
}

// seeds are spellings, each with whether it is the origin of https://api.example.com.
var seeds = map[string]bool{
	"https://api.example.com/": true, "HTTPS://API.EXAMPLE.COM:443/x": true, "https://api.example.com:/": true,
	"https://apİ.example.com/": false, "https://api.example.com.": false, "https://api.exampl%C3%A9.com": false,
	"https://api。example。com": false, "https://api.example.com@evil.example": false, "https://evil.example": false,
	"http://api.example.com": false, "https://api.example.com:0443": false, "https://ａpi.example.com": false,
	"https://api.example\u00ad.com": false, "https://api.example.com\\@evil.example": false,
}

// FuzzMatch: whatever net/http would dial for a URL that matches is the configured origin.
func FuzzMatch(f *testing.F) {
	_, own, err := origin.Parse("https://api.example.com")
	if err != nil {
		f.Fatal(err)
	}
	set := origin.Set{own}
	if len(seeds) < 10 {
		f.Fatal("the seeds are lost")
	}
	for raw, want := range seeds {
		f.Add(raw)
		u, err := url.Parse(raw)
		if _, ok := set.Match(u, ""); ok != want {
			f.Errorf("%s: got %v (%v)", raw, ok, err)
		}
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, u := range []*url.URL{parsed(raw), {Scheme: "https", Host: raw}} {
			o, ok := set.Match(u, "")
			if !ok {
				continue
			}
			if o != own {
				t.Errorf("%q matches %s", raw, o)
			}
			u.Host = o.Host()
			if got := dialed(u); got != "api.example.com:443" {
				t.Errorf("%q dials %q", raw, got)
			}
		}
	})
}

func parsed(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	return u
}
