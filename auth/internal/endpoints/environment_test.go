package endpoints_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
)

// TestEnvironment_Resolve: which URLs may get secrets, and what relative ones mean.
func TestEnvironment_Resolve(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://api.example.com/v1")
	if err != nil {
		t.Fatal(err)
	}
	session := endpoints.Environment{Base: base}
	none := endpoints.Environment{}
	for _, test := range []struct {
		env       endpoints.Environment
		raw, want string // "!" begins a part of the error
	}{
		{session, "/token", "https://api.example.com/v1/token"},
		{session, "token?x=y", "https://api.example.com/v1/token?x=y"},
		{session, "https://login.example.com/token", "https://login.example.com/token"},
		{none, "https://login.example.com/token", "https://login.example.com/token"},
		{none, "http://localhost:8080/token", "http://localhost:8080/token"},
		{none, "http://127.0.0.1/token", "http://127.0.0.1/token"},
		{none, "http://login.example.com/token", "!use https"},
		{endpoints.Environment{InsecureAllowHTTP: true}, "http://login.example.com/token", "http://login.example.com/token"},
		{none, "/token", "!must be an absolute"},
		{none, "ftp://login.example.com/token", "!must be an absolute"},
		{none, "mailto:x@example.com", "!must be an absolute"},
		{none, "", "!must be the URL"},
		{none, "https://exa mple.com/", "!must be the URL"},
		{none, "https://login.example.com:99999/", "!Field"},
	} {
		got, err := test.env.Resolve("Field", test.raw)
		part, fails := strings.CutPrefix(test.want, "!")
		switch {
		case fails && (err == nil || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), "Field")):
			t.Errorf("%s: %q, %v, want %q", test.raw, got, err, part)
		case !fails && (err != nil || got != test.want):
			t.Errorf("%s: %q, %v, want %q", test.raw, got, err, test.want)
		}
		if strings.Contains(test.want, "https") && fails && !errors.Is(err, endpoints.ErrInsecure) {
			t.Errorf("%s: %v is not ErrInsecure", test.raw, err)
		}
	}
}

// TestOf: a context without an environment has the zero one.
func TestOf(t *testing.T) {
	t.Parallel()
	if e := endpoints.Of(t.Context()); e.Base != nil || e.Prover != nil || e.Key != nil || e.Transport != nil || e.InsecureAllowHTTP {
		t.Errorf("got %+v", e)
	}
	if e := endpoints.Of(endpoints.With(t.Context(), endpoints.Environment{InsecureAllowHTTP: true})); !e.InsecureAllowHTTP {
		t.Error("the environment is lost")
	}
}

// TestText: the name of an endpoint in texts holds no secret.
func TestText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://user:secret@login.example.com/token?key=secret#secret": "https://login.example.com/token",
		"/token?key=secret": "/token",
		"secret://%":        "",
		"":                  "",
	} {
		if got := endpoints.Text(raw); got != want {
			t.Errorf("%q is named %q, want %q", raw, got, want)
		}
	}
}

// TestGrant: how a client authenticates, and which parameters win.
func TestGrant(t *testing.T) {
	t.Parallel()
	assertion := func(_ context.Context, audience string) (string, error) { return "for " + audience, nil }
	for name, test := range map[string]struct {
		client              endpoints.Client
		params              url.Values
		form, authorization string
	}{
		"a public client": {client: endpoints.Client{ID: "c"}, form: "client_id=c&grant_type=g"},
		"no client":       {form: "grant_type=g"},
		"a secret in the body": {
			client: endpoints.Client{ID: "c", Secret: "s&"}, form: "client_id=c&client_secret=s%26&grant_type=g",
		},
		"a secret in the header": { // both are form-encoded first (RFC 6749, section 2.3.1)
			client: endpoints.Client{ID: "c:", Secret: "s/", InHeader: true}, form: "grant_type=g", authorization: "Basic YyUzQTpzJTJG",
		},
		"an assertion": {
			client: endpoints.Client{ID: "c", Secret: "s", InHeader: true, Assertion: assertion},
			form: "client_assertion=for+https%3A%2F%2Flogin.example.com%2Ftoken" +
				"&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_id=c&grant_type=g",
		},
		"parameters": {
			client: endpoints.Client{ID: "c"}, params: url.Values{"grant_type": {"another"}, "client_id": {"another"}, "resource": {"a", "b"}},
			form: "client_id=c&grant_type=g&resource=a&resource=b",
		},
	} {
		params := len(test.params)
		c, err := endpoints.Grant(t.Context(), endpoint, test.client, test.params, url.Values{"grant_type": {"g"}}, http.DefaultTransport)
		if err != nil || c.Body != test.form || c.Header.Get("Authorization") != test.authorization {
			t.Errorf("%s: %q %q, %v", name, c.Body, c.Header, err)
		}
		if c.Method != http.MethodPost || c.URL != endpoint || c.ContentType != endpoints.FormType || c.Transport != http.DefaultTransport {
			t.Errorf("%s: %s %s %s", name, c.Method, c.URL, c.ContentType)
		}
		if len(test.params) != params || params > 0 && test.params.Get("grant_type") != "another" {
			t.Errorf("%s: the parameters were changed: %v", name, test.params)
		}
	}
	failing := endpoints.Client{Assertion: func(context.Context, string) (string, error) { return "", errDown }}
	if _, err := endpoints.Grant(t.Context(), endpoint, failing, nil, nil, nil); !errors.Is(err, errDown) {
		t.Errorf("an assertion that fails: %v", err)
	}
}

// TestCookieHeader: a bare value belongs to the only cookie.
func TestCookieHeader(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		token string
		names []string
		want  string
	}{
		{"value", []string{"refresh"}, "refresh=value"},
		{"refresh=value", []string{"refresh"}, "refresh=value"},
		{"refreshed", []string{"refresh"}, "refresh=refreshed"},
		{"a=1; b=2", []string{"a", "b"}, "a=1; b=2"},
	} {
		if got := endpoints.CookieHeader(test.token, test.names); got != test.want {
			t.Errorf("%q of %v: %q, want %q", test.token, test.names, got, test.want)
		}
	}
}

// TestCookiesAfter: what a response sets replaces what was there, what it deletes is gone, and
// other cookies do not count.
func TestCookiesAfter(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		token string
		names []string
		set   []string
		want  string
	}{
		"nothing is set":        {"a=1", []string{"a"}, nil, ""},
		"another is set":        {"a=1", []string{"a"}, []string{"other=2"}, ""},
		"it is replaced":        {"a=1", []string{"a"}, []string{"a=2; Path=/; HttpOnly"}, "a=2"},
		"a bare one":            {"1", []string{"a"}, []string{"a=2"}, "a=2"},
		"one of two":            {"a=1; b=1", []string{"a", "b"}, []string{"b=2", "other=3"}, "a=1; b=2"},
		"in the order of names": {"", []string{"a", "b"}, []string{"b=2", "a=1"}, "a=1; b=2"},
		"the last one counts":   {"a=1", []string{"a"}, []string{"a=2", "a=3"}, "a=3"},
		"it is deleted by age":  {"a=1; b=1", []string{"a", "b"}, []string{"a=gone; Max-Age=0"}, "b=1"},
		"it is emptied":         {"a=1; b=1", []string{"a", "b"}, []string{"a="}, "b=1"},
		"deleted, and set":      {"a=1", []string{"a"}, []string{"a=; Max-Age=0", "a=2"}, "a=2"},
		"what was there and has no name here": {
			"a=1; other=1", []string{"a", "b"}, []string{"b=2"}, "a=1; b=2",
		},
	} {
		if got := endpoints.CookiesAfter(test.token, http.Header{"Set-Cookie": test.set}, test.names); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
