package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
)

// TestNew_checksEverything and tells all of it at once.
func TestNew_checksEverything(t *testing.T) {
	t.Parallel()
	_, err := auth.New(auth.Config{
		BaseURL: "ftp://x",
		AllowedOrigins: []string{
			"https://a.example/path", "http://b.example", "https://u:p4ss@c.example", "https://*.example", "https://d.example?q=1", "%",
		},
		RefreshTimeout: -1, RefreshWindow: auth.RefreshWindow{Interval: -1}, Refresher: auth.JSONRefresher{},
	})
	for _, want := range []string{
		"BaseURL must be", "without a path", "use https", "no user", "no wildcards", "RefreshTimeout", "Interval", "JSONRefresher.URL",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if !errors.Is(err, auth.ErrInsecureTransport) || strings.Contains(err.Error(), "p4ss") {
		t.Errorf("got %v", err)
	}
	for line := range strings.Lines(fmt.Sprint(err)) {
		if !strings.HasPrefix(line, "auth: ") {
			t.Errorf("%q does not say who speaks", line)
		}
	}
	if _, err := auth.New(auth.Config{}); err == nil || !strings.Contains(err.Error(), "set BaseURL or AllowedOrigins") {
		t.Errorf("got %v", err)
	}
}

// TestNew_refreshers check themselves, and their endpoint must be as safe as the API.
func TestNew_refreshers(t *testing.T) {
	t.Parallel()
	at := func(url string) *oauth2.Config { return &oauth2.Config{Endpoint: oauth2.Endpoint{TokenURL: url}} }
	for name, test := range map[string]struct {
		r    auth.Refresher
		want string // in the error; "" for none
	}{
		"JSON":              {auth.JSONRefresher{URL: "https://id.example/refresh"}, ""},
		"relative":          {auth.JSONRefresher{URL: "/refresh"}, ""},
		"pointer":           {&auth.JSONRefresher{URL: "/refresh"}, ""},
		"in the clear":      {auth.JSONRefresher{URL: "http://id.example/refresh"}, "insecure transport: JSONRefresher.URL"},
		"another scheme":    {auth.JSONRefresher{URL: "file:///refresh"}, "http or https"},
		"no URL":            {auth.JSONRefresher{URL: "%"}, "must be the URL"},
		"no JSON":           {auth.JSONRefresher{URL: "/refresh", Fields: map[string]any{"f": func() {}}}, "JSONRefresher.Fields"},
		"OAuth2":            {auth.OAuth2Refresher{Config: at("https://id.example/token")}, ""},
		"OAuth2 relative":   {auth.OAuth2Refresher{Config: at("/token")}, ""},
		"OAuth2 no config":  {auth.OAuth2Refresher{}, "Config is required"},
		"OAuth2 no URL":     {auth.OAuth2Refresher{Config: at("")}, "TokenURL must be"},
		"OAuth2 clear text": {auth.OAuth2Refresher{Config: at("http://id.example/token")}, "insecure transport"},
	} {
		_, err := auth.New(auth.Config{BaseURL: "https://api.example.com/v1", Refresher: test.r})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	insecure := auth.Config{BaseURL: "http://api.example.com", InsecureAllowHTTP: true, Refresher: auth.JSONRefresher{URL: "/refresh"}}
	if _, err := auth.New(insecure); err != nil {
		t.Error(err)
	}
}

// TestNew_origins that are allowed.
func TestNew_origins(t *testing.T) {
	t.Parallel()
	for _, c := range []auth.Config{
		{BaseURL: "http://api.example.com", InsecureAllowHTTP: true},
		{BaseURL: "http://localhost:8080"},
		{BaseURL: "http://LOCALHOST:8080"},
		{BaseURL: "http://127.0.0.2"},
		{BaseURL: "http://[::1]:80"},
		{AllowedOrigins: []string{"https://a.example/"}},
	} {
		if _, err := auth.New(c); err != nil {
			t.Errorf("%+v: %v", c.BaseURL, err)
		}
	}
	for _, u := range []string{
		"http://10.0.0.1", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://0.0.0.0",
		"http://api.localhost", // net/http sends it through a proxy, and asks the resolver
		"http://localhost.", "http://[::1%25lo]",
	} {
		if _, err := auth.New(auth.Config{BaseURL: u}); !errors.Is(err, auth.ErrInsecureTransport) {
			t.Errorf("%s: %v", u, err)
		}
	}
}

// TestNew_spellings of hosts that cannot be compared are refused, with the right spelling where
// there is one.
func TestNew_spellings(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://bücher.example":          "BaseURL must spell its host in ASCII, as it is dialed: https://xn--bcher-kva.example",
		"https://b%C3%BCcher.example:444": "https://xn--bcher-kva.example:444",
		"https://api.gİthub.com":          "https://api.xn--github-qyd.com",
		"https://api.example.com:0443":    `must have a valid host and port, not "api.example.com:0443"`,
		"https://api_1.example.com":       "",
	} {
		_, err := auth.New(auth.Config{BaseURL: raw})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", raw, err, want)
		}
	}
	_, err := auth.New(auth.Config{AllowedOrigins: []string{"https://a.example", "ftp://b.example"}})
	if err == nil || !strings.Contains(err.Error(), "AllowedOrigins[1]") {
		t.Errorf("%v does not name the entry", err)
	}
	_, err = auth.New(auth.Config{
		BaseURL: "https://a.example", Refresher: auth.JSONRefresher{URL: "https://bücher.example/refresh"},
	})
	if err == nil || !strings.Contains(err.Error(), "JSONRefresher.URL must spell its host in ASCII") {
		t.Errorf("got %v", err)
	}
}
