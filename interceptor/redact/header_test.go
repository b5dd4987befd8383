package redact_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func TestHeaderValue(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Config{})
	for _, c := range []struct{ name, value, want string }{
		{"Authorization", "Bearer " + jwt, "Bearer REDACTED"},
		{"authorization", "  bearer " + jwt, "bearer REDACTED"},
		{"AUTHORIZATION", "Basic dTpw", "Basic REDACTED"},
		{"Authorization", `Digest username="u", response="x"`, "Digest REDACTED"},
		{"Authorization", "hunter2 secret", "REDACTED"},
		{"Authorization", jwt, "REDACTED"},
		{"Authorization", "", "REDACTED"},
		{"Proxy-Authorization", "Negotiate YII=", "Negotiate REDACTED"},
		{"Cookie", "session=" + opaque + "; theme=dark", "session=REDACTED; theme=REDACTED"},
		{"Cookie", opaque, "REDACTED"},
		{"Cookie", jwt + "=1", "REDACTED"},
		{"Set-Cookie", "s=abc; Path=/; Domain=a.example; Max-Age=60; HttpOnly; Secure; SameSite=Lax; X=abc", "s=REDACTED; Path=/; Domain=a.example; Max-Age=60; HttpOnly; Secure; SameSite=Lax"},
		{"Set-Cookie", "s=abc; Path=/" + jwt, "s=REDACTED; Path=REDACTED"},
		{"Set-Cookie", "s=abc; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "s=REDACTED; Expires=Wed, 21 Oct 2026 07:28:00 GMT"},
		{"Location", "/cb?code=abc&page=2#access_token=x", "/cb?code=REDACTED&page=2#REDACTED"},
		{"Location", "%zz", "REDACTED"},
		{"Content-Location", "https://u:p@a.example/x", "https://REDACTED@a.example/x"},
		{"Referer", "https://a.example/?q=x", "https://a.example/?q=REDACTED"},
		{"WWW-Authenticate", `Bearer realm="api", error="invalid_token", nonce="abc"`, `Bearer realm="api", error="invalid_token", nonce=REDACTED`},
		{"WWW-Authenticate", `Bearer error_description="token ` + opaque + ` expired"`, `Bearer error_description="token REDACTED expired"`},
		{"WWW-Authenticate", "Negotiate oYG3MIG0oAMKAQChCwYJKoZIhvcSAQICooGfBIGcYIGZBgkq==", "Negotiate REDACTED"},
		{"WWW-Authenticate", "NTLM TlRMTVNTUAACAAAADAAMADgAAAAFgomi", "NTLM REDACTED"},
		{"WWW-Authenticate", "Bearer " + jwt, "Bearer REDACTED"},
		{"WWW-Authenticate", "Bearer", "Bearer"},
		{"WWW-Authenticate", "swordfish", "REDACTED"},
		{"WWW-Authenticate", jwt, "REDACTED"},
		{"WWW-Authenticate", `Custom realm=a`, `Custom realm="a"`},
		{"WWW-Authenticate", `Bearer realm = "a b", nonce = "n"`, `Bearer realm="a b", nonce=REDACTED`},
		{"WWW-Authenticate", `Bearer realm="x" token rt_0123456789`, `Bearer realm="x", REDACTED`},
		{"WWW-Authenticate", `Basic realm="a \"b\"", Bearer scope="x y", error=e`, `Basic realm="a \"b\"", Bearer scope="x y", error="e"`},
		{"WWW-Authenticate", `Digest username="ada", response="x", qop=auth`, `Digest username=REDACTED, response=REDACTED, qop="auth"`},
		{"Proxy-Authenticate", `Basic realm="unclosed `, `Basic, REDACTED`},
		{"Content-Type", "application/json; charset=utf-8", "application/json; charset=utf-8"},
		{"Content-Type", "multipart/form-data; boundary=" + hexa, "multipart/form-data"},
		{"Content-Type", opaque, "REDACTED"},
		{"Content-Type", "a/" + opaque, "REDACTED"},
		{"X-Request-Id", guid, guid},
		{"Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		{"X-Correlation-Id", "order 42", "order 42"},
		{"X-Request-Id", jwt, "REDACTED"},
		{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"},
		{"User-Agent", "tool/" + opaque, "REDACTED"},
		{"Date", "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:00 GMT"},
		{"Cache-Control", "private, max-age=60", "private, max-age=60"},
		{"Retry-After", "120", "120"},
		{"X-Api-Key", "k", "REDACTED"},
		{"Idempotency-Key", guid, "REDACTED"},
		{"X-Empty", "", ""},
	} {
		if got := r.HeaderValue(c.name, c.value); got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.name, c.value, got, c.want)
		}
	}
}

// TestHeaderValue_listed: what the user lists is shown, but for credentials, which New refuses.
func TestHeaderValue_listed(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Config{Headers: []string{"Location", "WWW-Authenticate", "Content-Type", "X-Request-Id"}})
	for _, name := range []string{"Location", "WWW-Authenticate", "Content-Type", "X-Request-Id"} {
		if got := r.HeaderValue(name, "?a=b; c=d"); got != "?a=b; c=d" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	var r *redact.Redactor
	h := http.Header{"Accept": {"a", "b"}, "X-Key": {"k1", "k2"}, opaque: {"x"}}
	want := http.Header{"Accept": {"a", "b"}, "X-Key": {"REDACTED", "REDACTED"}, "REDACTED": {"REDACTED"}}
	if got := r.Header(h); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if h.Get("X-Key") != "k1" || r.Header(nil) != nil {
		t.Error("the original changed, or nil is something")
	}
}
