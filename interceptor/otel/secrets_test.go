package otel_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
)

// canaries are secrets, by the place in which they are planted. None may appear in any output.
func canaries() map[string]string {
	return map[string]string{
		"bearer":         "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJZm9v4In0.c2lnbmF0dXJlLW9mLSVz",
		"custom header":  "tenant-key-77ab12cd34ef56",
		"cookie":         "sess-9f8e7d6c5b4a39281706",
		"userinfo":       "pa55word-of-the-user",
		"query":          "q_5e3d1c9b7a8642f0e1d3",
		"query password": "correct horse battery staple",
		"path":           "inv_Zz9Yy8Xx7Ww6Vv5Uu4Tt",
		"json":           "rt_8c7b6a5d4e3f2g1h0i9j",
		"form":           "xyzzy-plugh-plover-9876543210",
		"multipart":      "frotz-gnusto-rezrov-0123456789",
		"location":       "code_SplxlOBeZQQYbYS6WxSbIA",
		"error text":     "err_p0o9i8u7y6t5r4e3w2q1",
	}
}

// TestSecrets plants secrets wherever HTTP has a place for them, and looks for them in everything
// that is emitted.
func TestSecrets(t *testing.T) {
	t.Parallel()
	c := canaries()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: c["cookie"]})
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/there/"+c["path"]+"?code="+c["location"]+"#"+c["query"], http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	parts.WriteField("secret", c["multipart"])
	parts.Close()
	x := newTelemetry(t)
	telltale := roundTripper(func(req *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("%s is not it, says %s: %v with %v to %s", req.URL.Query().Get("password"), c["error text"],
			req.Header, req.URL.Query(), req.URL)
	})
	good := x.httpClient(t, again())
	bad := &http.Client{Transport: x.Transport(chain.New(x.Around()...).Transport(telltale))}
	slow := x.restyClient(t).SetTransport(telltale)
	if _, err := slow.R().SetQueryParam("password", c["query password"]).SetAuthToken(c["bearer"]).Get(server.URL); err == nil {
		t.Fatal("no error")
	}
	query := url.Values{"key": {c["query"]}, "password": {c["query password"]}}.Encode()
	full := strings.Replace(server.URL, "http://", "http://alice:"+c["userinfo"]+"@", 1) + "/" + c["path"] + "?" + query
	for _, m := range []struct{ target, contentType, body string }{
		{full, "application/json", `{"refreshToken":"` + c["json"] + `"}`},
		{full, "application/x-www-form-urlencoded", "password=" + c["form"]},
		{full, parts.FormDataContentType(), form.String()},
		{server.URL + "/moved", "", ""},
	} {
		for _, client := range []*http.Client{good, bad} {
			req := request(t, http.MethodPost, m.target)
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader(m.body)), int64(len(m.body))
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(m.body)), nil }
			req.Header.Set("Authorization", "Bearer "+c["bearer"])
			req.Header.Set("X-Tenant", c["custom header"])
			req.Header.Set("Cookie", "session="+c["cookie"])
			req.Header.Set("Content-Type", m.contentType)
			if err := call(t, client, req); (err == nil) != (client == good) {
				t.Fatal(err)
			}
		}
	}
	text := x.everything(t)
	if n := len(x.spans.GetSpans()); n != 1+3*5+6+4*2 || !strings.Contains(text, "REDACTED") {
		t.Fatalf("%d spans; the requests did not arrive:\n%s", n, x.tree())
	}
	for where, secret := range c {
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), secret[:9], secret[len(secret)-9:]} {
			if strings.Contains(text, form) {
				t.Errorf("%s: found %s", where, form)
			}
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestLimits asserts that long texts of a server or a caller are truncated in spans.
func TestLimits(t *testing.T) {
	t.Parallel()
	x := newTelemetry(t)
	endless := roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errors.New(strings.Repeat("no ", 10_000))
	})
	client := &http.Client{Transport: x.Transport(chain.New(x.Around()...).Transport(endless))}
	for range 2 {
		_ = call(t, client, request(t, http.MethodGet, "http://127.0.0.1/"+strings.Repeat("a/", 10_000)))
	}
	for _, s := range x.spans.GetSpans() {
		if n := len(s.Status.Description); n == 0 || n > 5<<10 {
			t.Errorf("%s: a description of %d bytes", s.Name, n)
		}
		for _, a := range s.Attributes {
			if n := len(a.Value.AsString()); n > 5<<10 {
				t.Errorf("%s: %s of %d bytes", s.Name, a.Key, n)
			}
		}
	}
}
