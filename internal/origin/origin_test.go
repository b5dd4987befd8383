package origin_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// TestOf is the canonical form of every spelling; "" if there is none.
func TestOf(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://api.example.com/v1":       "https://api.example.com",
		"HTTPS://API.Example.COM:443":      "https://api.example.com",
		"https://api.example.com:":         "https://api.example.com",
		"http://api.example.com:80":        "http://api.example.com",
		"http://api.example.com:443":       "http://api.example.com:443",
		"https://api.example.com.":         "https://api.example.com.",
		"https://user:pass@a.example":      "https://a.example",
		"https://[2001:DB8::1]:443":        "https://[2001:db8::1]",
		"https://[2001:db8:0:0::0:0:1]":    "https://[2001:db8::1]",
		"http://[fe80::1%25eth0]:8080":     "http://[fe80::1%25eth0]:8080",
		"http://[::ffff:127.0.0.1]":        "http://[::ffff:127.0.0.1]",
		"http://[::ffff:7f00:1]":           "http://[::ffff:127.0.0.1]",
		"http://LOCALHOST:8080":            "http://localhost:8080",
		"http://127.0.0.1:80":              "http://127.0.0.1",
		"https://my_service:8443":          "https://my_service:8443",
		"https://xn--bcher-kva.example":    "https://xn--bcher-kva.example",
		"https://XN--BCHER-KVA.example":    "https://xn--bcher-kva.example",
		"https://bücher.example":           "",
		"https://api.gİthub.com":           "",
		"https://straẞe.example":           "",
		"https://\u212Aelvin.example":      "", // the Kelvin sign, which lower-cases to an ASCII k
		"https://api。example.com":          "",
		"https://api.example.com:0443":     "",
		"https://api.example.com:65536":    "",
		"ftp://api.example.com":            "",
		"//api.example.com":                "",
		"/v1":                              "",
		"https:///v1":                      "",
		"mailto:somebody@api.example.com":  "",
		"https://api.exam!ple.com":         "",
		"https://api.example.com%C3%A9.eu": "",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		o, ok := origin.Of(u)
		if o.String() != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", raw, o, ok, want)
		}
		if !ok {
			continue
		}
		again, err := url.Parse(o.String())
		if err != nil {
			t.Fatal(err)
		}
		if same, _ := origin.Of(again); same != o {
			t.Errorf("%s: %q reads back as %q", raw, o, same)
		}
	}
	if _, ok := origin.Of(nil); ok {
		t.Error("nil has an origin")
	}
}

// TestOf_handmade is URLs that nothing parsed: their hosts may hold anything.
func TestOf_handmade(t *testing.T) {
	t.Parallel()
	for _, host := range []string{
		"", ":443", "evil@api.example.com", "api.example.com@evil.example", "a.example/b", "a.example\\b", "a.example?b",
		"a.example#b", "a example", "a.example\t", "a.example%2e", "[a.example]", "[127.0.0.1]", "[::1", "::1", "[::1]x",
		"[]", "a.example:x", "a.example\x00",
	} {
		if o, ok := origin.Of(&url.URL{Scheme: "https", Host: host}); ok {
			t.Errorf("%q has the origin %s", host, o)
		}
	}
}

// TestOf_everyLetter: no letter outside ASCII is taken for one inside.
func TestOf_everyLetter(t *testing.T) {
	t.Parallel()
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		host := "x" + string(r) + "x.example"
		if o, ok := origin.Of(&url.URL{Scheme: "https", Host: host}); ok {
			t.Errorf("%q has the origin %s", host, o)
		}
	}
}

// TestZeroValue: the zero Origin is not an origin, and nothing matches it.
func TestZeroValue(t *testing.T) {
	t.Parallel()
	var o origin.Origin
	if o.String() != "" || o.Host() != "" || o.Secure() || o.Loopback() {
		t.Errorf("got %q", o)
	}
	var s origin.Set
	if _, ok := s.Match(&url.URL{Scheme: "https", Host: "a.example"}, ""); ok || s.String() != "" {
		t.Error("the empty set matches")
	}
	if _, ok := (origin.Set{o}).Match(&url.URL{}, ""); ok {
		t.Error("the zero origin matches a relative URL")
	}
}

// TestIsLoopback: only what net/http sends to this machine, past every proxy.
func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "0:0::1": true,
		"::ffff:127.0.0.1": true,
		"api.localhost":    false, "localhost.": false, "localhost.example": false, "": false, "0.0.0.0": false, "::": false,
		"::1%lo": false, "127.0.0.1.example": false, "10.0.0.1": false, "127.1": false, "0x7f.0.0.1": false, "loĊalhost": false,
	} {
		if got := origin.IsLoopback(host); got != want {
			t.Errorf("%q: got %v", host, got)
		}
	}
}

// TestParse says what is wrong, and how to spell a host that is not ASCII.
func TestParse(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://API.example.com:443/v1?q=1": "",
		"https://bücher.example/v1":          "as it is dialed: https://xn--bcher-kva.example",
		"http://BÜCHER.example:8080":         "http://xn--bcher-kva.example:8080",
		"https://straẞe.example":             "https://strasse.example",
		"https://api.gİthub.com":             "https://api.xn--github-qyd.com",
		"https://xn--a\u0300.example":        "must name a valid host",
		"https://*.example":                  "no wildcards",
		"https://a.example:99999":            "valid host and port",
		"/v1":                                "must be an absolute http or https URL",
		"%":                                  "must be an absolute http or https URL",
		"https:a.example":                    "must be an absolute http or https URL",
	} {
		u, o, err := origin.Parse(raw)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", raw, err, want)
		}
		if err == nil && (u.String() != "https://api.example.com/v1?q=1" || o.String() != "https://api.example.com") {
			t.Errorf("%s: got %s of %s", raw, u, o)
		}
	}
}

// TestSet_Match is one origin of two.
func TestSet_Match(t *testing.T) {
	t.Parallel()
	var set origin.Set
	for _, raw := range []string{"https://a.example", "http://localhost:8080"} {
		_, o, err := origin.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		set = append(set, o)
	}
	for _, test := range []struct{ url, opaque, host, want string }{
		{"https://a.example/x", "", "", "https://a.example"},
		{"https://A.EXAMPLE:443/x", "", "A.EXAMPLE:443", "https://a.example"},
		{"http://LOCALHOST:8080/x", "", "", "http://localhost:8080"},
		{"https://a.example/x", "", "b.example", ""},
		{"https://a.example/x", "", "apİ.example", ""},
		{"https://b.example/x", "", "a.example", ""},
		{"http://a.example/x", "", "", ""},
		{"https://a.example", "/rooted", "", "https://a.example"},
		{"https://a.example", "//b.example/x", "", ""},
		{"https://a.example", "https://b.example/x", "", ""},
		{"https://a.example", "b.example", "", ""},
	} {
		u, err := url.Parse(test.url)
		if err != nil {
			t.Fatal(err)
		}
		u.Opaque = test.opaque
		o, ok := set.Match(u, test.host)
		if ok != (test.want != "") || ok && o.String() != test.want {
			t.Errorf("%+v: got %s, %v", test, o, ok)
		}
		if ok && !set.Contains(o) {
			t.Errorf("%+v: %s is not in %s", test, o, set)
		}
	}
	if _, ok := set.Match(nil, ""); ok {
		t.Error("nil matches")
	}
	if got := set.String(); got != "https://a.example, http://localhost:8080" {
		t.Errorf("got %q", got)
	}
}
