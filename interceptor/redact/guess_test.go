package redact_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// TestText_keeps what errors say that hold no secret: a log is for reading.
func TestText_keeps(t *testing.T) {
	t.Parallel()
	var r *redact.Redactor
	for _, s := range []string{
		"",
		"EOF",
		"dial tcp 127.0.0.1:54321->10.0.0.1:443: connect: connection refused",
		"dial tcp: lookup api-eu-west-1.example.com on [fe80::1%eth0]:53: no such host",
		"read tcp [2001:db8:85a3::8a2e:370:7334]:54321->[2001:db8::1]:443: read: connection reset by peer",
		"tls: failed to verify certificate: x509: certificate has expired or is not yet valid: " +
			"current time 2026-01-02T15:04:05Z is after 2025-01-02T15:04:05Z",
		"x509: certificate is valid for *.example.com, not api.example.org",
		`http2: server sent GOAWAY and closed the connection; LastStreamID=1999, ErrCode=NO_ERROR, debug=""`,
		"net/http: timeout awaiting response headers",
		"context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
		"auth: refresh failed: 503 Service Unavailable; try again in 30s",
		"auth: login required: the refresh token is no longer valid",
		"storage: open /home/alice/.local/state/app/default.sealed: permission denied",
		"json: cannot unmarshal string into Go struct field User.id of type int",
		"github.com/go-resty/resty/v2.(*Client).execute",
		`invalid header field value for "Authorization"`,
		"[GET /users/42/orders] 404",
		"session: not found",
		"{{{{ [[[[ }}}} ]]]]",
		"main.go:12345678: oops",
		"naïve café – déjà vu",
		"proxyconnect tcp: dial tcp 10.0.0.1:3128: i/o timeout",
		`{"ok":true,"error":"invalid_grant"}`,
	} {
		if got := r.Text(s); got != s {
			t.Errorf("\n got %s\nwant %s", got, s)
		}
	}
}

func TestText_masks(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Config{Query: []string{"id"}, Fields: []string{"name"}})
	for _, c := range []struct{ text, want string }{
		{`Get "https://u:pw@a.example/x?key=s&page=2&id=7": EOF`, `Get "https://REDACTED@a.example/x?key=REDACTED&page=2&id=7": EOF`},
		{"see https://a.example/?t=x, please", "see https://a.example/?t=REDACTED, please"},
		{`parse "https://u:p w@h/": invalid`, `parse "REDACTED REDACTED": invalid`},
		{"redis://:pw@h:6379/0?x=y", "redis://REDACTED@h:6379/0?x=REDACTED"},
		{"token " + jwt + " is expired", "token REDACTED is expired"},
		{"bad key " + opaque, "bad key REDACTED"},
		{"(" + hexa + ")", "(REDACTED)"},
		{"'" + guid + "'", "'REDACTED'"},
		{github + ".", "REDACTED"},
		{letter, "REDACTED"},
		{"call 491701234567", "call REDACTED"},
		{"mail alice@example.com", "mail REDACTED"},
		{"a/b/" + opaque, "REDACTED"},
		{"canary-error-0001", "REDACTED"},
		{"3f2504e0-4f89-41d3-9a0c-0305e82c330z", "REDACTED"},
		{strings.Repeat("[", 200) + `{"password":"x"}`, strings.Repeat("[", 200) + `{"password":REDACTED}`},
		{"user=alice&id=7", "user=REDACTED&id=7"},
		{`password="a b" name='x y'`, `password=REDACTED name='x y'`},
		{"Authorization: Bearer a b c\nnext", "Authorization: REDACTED\nnext"},
		{"cookie: a=b; c=d", "cookie: REDACTED"},
		{"sent Bearer abc", "sent Bearer REDACTED"},
		{"password: hunter", "password: REDACTED"},
		{"client_secret: hunter", "client_secret: REDACTED"},
		{"api-key: Abc1", "api-key: REDACTED"},
		{"refresh token Abc1", "refresh token REDACTED"},
		{`token: "a b"`, `token: REDACTED`},
		{`status 400: {"error":"x","password":"a b"} end`, `status 400: {"error":"x","password":"REDACTED"} end`},
		{`map[a:1] {"token":"s3"} tail`, `map[a:1] {"token":"REDACTED"} tail`},
		{`body {"password":"trunc`, `body {"password":…`},
		{`["a","b"]`, `["REDACTED","REDACTED"]`},
		{`body "{\"password\":\"a\\\"b c\",\"name\":\"bob\"}" tail`, `body "{\"password\":\"REDACTED\",\"name\":\"bob\"}" tail`},
		{`body "{\"password\":\"a b`, `body "{\"password\":REDACTED`},
		{`{'password': 'x y', "n": 12, "o": true}`, `{'password': REDACTED, "n": REDACTED, "o": true}`},
		{strings.Repeat("{", 40) + `{"password":"a\"b c"}`, strings.Repeat("{", 40) + `{"password":"REDACTED"}`},
	} {
		if got := r.Text(c.text); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestSecrets finds what a request would have masked, and Text finds that again, however it is
// written.
func TestSecrets(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Config{Query: []string{"id"}})
	u, err := url.Parse("https://adam:eva1@a.example/reset/" + opaque + "?q=two words&id=shown&bare&page=1&bad=%zz#frag")
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{
		"Authorization":    {"Basic dXNlcjpwYXNzd29yZA==", "naked", "Bearer dull"},
		"Cookie":           {"sid=cake; Path=road"},
		"Set-Cookie":       {"sid=pie; Path=/; HttpOnly"},
		"Location":         {"/next?code=zebra", "%zz"},
		"X-Api-Key":        {"lion"},
		"Accept":           {"text/html"},
		"Content-Type":     {"multipart/form-data; boundary=b0"},
		"Www-Authenticate": {`Bearer nonce="n0nce"`},
	}
	want := []string{
		"%zz", "%zz", "adam", "bare", "cake", "dXNlcjpwYXNzd29yZA==", "dull", "eva1", "frag", "lion", "naked", opaque,
		"password", "pie", "two words", "user", "zebra",
	}
	slices.Sort(want)
	want = slices.Compact(want)
	got := r.Secrets(u, h)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	text := `adam eva1 two words two+words two%20words "two words" cake dull lion zebra naked password pie`
	if s := r.Text(text, got...); strings.Trim(strings.ReplaceAll(s, redact.Mask, ""), ` "pie`) != "" {
		t.Errorf("got %s", s)
	}
	if got := r.Secrets(nil, nil); len(got) != 0 {
		t.Errorf("of nothing: %q", got)
	}
}
