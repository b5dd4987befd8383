package redact_test

import (
	"net/url"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func TestURL(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Config{Query: []string{"id"}})
	for _, c := range []struct{ url, want string }{
		{"", ""},
		{"https://api.example.com", "https://api.example.com"},
		{"https://api.example.com:8443/v1/users/42", "https://api.example.com:8443/v1/users/42"},
		{"https://u:p@api.example.com/", "https://REDACTED@api.example.com/"},
		{"https://" + github + "@api.example.com/", "https://REDACTED@api.example.com/"},
		{"/relative?page=2&token=x", "/relative?page=2&token=REDACTED"},
		{"?q=a%20b&id=a%20b", "?q=REDACTED&id=a%20b"},
		{"?" + opaque, "?REDACTED"},
		{"?a=1&&b", "?a=REDACTED&&REDACTED"},
		{"?" + opaque + "=1", "?REDACTED=REDACTED"},
		{"?page=%zz&%zz=1", "?REDACTED&REDACTED"},
		{"/x?", "/x?"},
		{"/x#access_token=x", "/x#REDACTED"},
		{"/reset/" + opaque + "/now", "/reset/REDACTED/now"},
		{"/bot123456:" + opaque + "/send", "/REDACTED/send"},
		{"/orders/" + guid, "/orders/" + guid},
		{"/how-to-build-a-house-in-2024", "/how-to-build-a-house-in-2024"},
		{"/a%2Fb%20c", "/a%2Fb%20c"},
		{"/" + jwt, "/REDACTED"},
		{"/%00", "/REDACTED"},
		{"mailto:alice@example.com", "mailto:REDACTED"},
		{"//host/x", "//host/x"},
		{"*", "*"},
		{"token://" + opaque, "token://REDACTED"},
		{"token://" + jwt, "token://REDACTED"},
		{"https://service-abc123xyz-uc.a.run.app/", "https://service-abc123xyz-uc.a.run.app/"},
		{"a:////0", "a:////0"},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		before := *u
		if got := r.URL(u); got != c.want || *u != before {
			t.Errorf("%s\n got %s\nwant %s", c.url, got, c.want)
		}
		if got := r.URLString(c.url); got != c.want {
			t.Errorf("as a string: %s\n got %s\nwant %s", c.url, got, c.want)
		}
	}
	if got := r.URL(nil); got != "" {
		t.Errorf("nil: %q", got)
	}
	if got := r.URLString("http://a b/"); got != redact.Mask {
		t.Errorf("no URL: %q", got)
	}
}
