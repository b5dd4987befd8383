package har_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// canaries are secrets of every kind, by the place in which they are planted. None may appear in
// any output.
func canaries() map[string]string {
	const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ%s0In0.c2lnbmF0dXJlLW9mLSVz"
	return map[string]string{
		"bearer":          fmt.Sprintf(jwt, "Zm9v"),
		"api key":         "k_live_4eC39HqLyjWDarjtT1zdp7dc",
		"cookie":          "sess-9f8e7d6c5b4a39281706",
		"set-cookie":      "next-0a1b2c3d4e5f60718293",
		"userinfo":        "pa55word-of-the-user",
		"query":           "q_5e3d1c9b7a8642f0e1d3",
		"query password":  "correct horse battery staple",
		"json":            "rt_8c7b6a5d4e3f2g1h0i9j",
		"json password":   "opensesame",
		"json number":     "490012345678901",
		"form":            "xyzzy-plugh-plover",
		"multipart":       "frotz&nitfol=gnusto",
		"file name":       "salaries-of-everyone.xlsx",
		"file":            "Alice earns 91,234 a year",
		"location":        "code_SplxlOBeZQQYbYS6WxSbIA",
		"fragment":        "access_2YotnFZFEjr1zCsicMWpAA",
		"challenge":       "nonce_dcd98b7102dd2f0e8b11d0f600bfb0c0",
		"custom header":   "tenant-key-77ab12cd34ef56",
		"answer":          "at_1f2e3d4c5b6a79880z1y",
		"name":            "tok_A1b2C3d4E5f6G7h8I9j0",
		"path":            "inv_Zz9Yy8Xx7Ww6Vv5Uu4Tt",
		"reason phrase":   "sid_m3n4b5v6c7x8z9a0s1d2",
		"error of a read": "err_p0o9i8u7y6t5r4e3w2q1",
	}
}

// leaks returns the canaries that appear in data: whole, in pieces, or in the encodings that a
// message may use.
func leaks(data []byte) []string {
	var found []string
	text := strings.ToLower(string(data))
	for where, secret := range canaries() {
		quoted, err := json.Marshal(secret)
		if err != nil {
			return []string{err.Error()}
		}
		for how, form := range map[string]string{
			"plain": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "json": string(quoted[1 : len(quoted)-1]),
			"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "hex": hex.EncodeToString([]byte(secret)),
		} {
			const piece = 9
			form = strings.ToLower(form)
			for i := 0; i == 0 || i+piece <= len(form); i++ {
				if strings.Contains(text, form[i:min(i+piece, len(form))]) {
					found = append(found, fmt.Sprintf("%s, %s: %s", where, how, form[i:min(i+piece, len(form))]))
					break
				}
			}
		}
	}
	return found
}

// hoarder is a server that responds with secrets, including those that it was sent.
func hoarder(t *testing.T) *httptest.Server {
	t.Helper()
	c := canaries()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h := w.Header()
		http.SetCookie(w, &http.Cookie{Name: "next", Value: c["set-cookie"], Path: "/", HttpOnly: true, MaxAge: 60})
		h.Set("X-Api-Key", c["api key"])
		h.Set("Echo", r.Header.Get("Authorization"))
		h.Set("WWW-Authenticate", `Digest realm="api", nonce="`+c["challenge"]+`"`)
		h.Set("Content-Type", r.Header.Get("Content-Type"))
		if r.URL.Path == "/moved" {
			h.Set("Location", "/there?code="+c["location"]+"#"+c["fragment"])
			w.WriteHeader(http.StatusSeeOther)
			return
		}
		if r.URL.Query().Get("page") == "2" {
			w.WriteHeader(http.StatusBadRequest)
		}
		if body == nil {
			h.Set("Content-Type", "application/json")
		}
		w.Write(body)
		fmt.Fprintf(w, `{"token":%q,"nested":[{"password":%q,"account":%s}]}`, c["answer"], c["json password"], c["json number"])
	}))
	t.Cleanup(s.Close)
	return s
}

// plant sends requests full of secrets.
func plant(t *testing.T, client *http.Client, base string) {
	t.Helper()
	c := canaries()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("alice", c["userinfo"])
	u.Path = "/invitations/" + c["path"]
	u.RawQuery = url.Values{"key": {c["query"]}, "password": {c["query password"]}, c["name"]: {"1"}, "page": {"2"}}.Encode()
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	parts.WriteField("secret", c["multipart"])
	parts.WriteField(c["name"], "x")
	file, err := parts.CreateFormFile("upload", c["file name"])
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, c["file"])
	parts.Close()
	values := url.Values{"grant_type": {"password"}, "password": {c["form"]}, "refresh_token": {c["json"]}}
	object := fmt.Sprintf(`{"refreshToken":%q,"password":%q,"card":%s,%q:{"deep":[%[1]q]}}`,
		c["json"], c["json password"], c["json number"], c["name"])
	for _, m := range []struct{ path, contentType, body string }{
		{u.String(), "application/json", object},
		{u.String(), "application/problem+json; charset=utf-8", "[" + object},
		{u.String(), "application/x-www-form-urlencoded", values.Encode()},
		{u.String(), parts.FormDataContentType(), form.String()},
		{u.String(), "text/plain", c["file"]},
		{u.String(), "", c["bearer"]},
		{base + "/moved", "application/json", object},
	} {
		req := request(t, http.MethodPost, m.path, strings.NewReader(m.body))
		req.Header.Set("Authorization", "Bearer "+c["bearer"])
		req.Header.Set("X-Api-Key", c["api key"])
		req.Header.Set("X-Tenant", c["custom header"])
		req.Header.Set("Cookie", "session="+c["cookie"]+"; theme=dark")
		req.Header.Set("Content-Type", m.contentType)
		if _, err := call(t, client, req); err != nil && !errors.Is(err, errRead) {
			t.Fatal(err)
		}
	}
}

var errRead = errors.New("connection reset while reading token " + canaries()["error of a read"])

// TestSecrets plants secrets wherever HTTP has a place for them, and looks for them in all output.
func TestSecrets(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"whole bodies": 0, "cut bodies": 20, "no bodies": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := hoarder(t)
			r := newRecorder(t, har.Config{MaxBody: limit})
			client := httpClient(t, r, again())
			plant(t, client, server.URL)
			a := written(t, r)
			if len(a.Log.Entries) < 7*2 {
				t.Fatalf("%d entries; the requests did not arrive", len(a.Log.Entries))
			}
			data, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, leak := range leaks(data) {
				t.Error(leak)
			}
			if t.Failed() {
				t.Logf("%s", data)
			}
		})
	}
}

// telltale is a transport whose errors, reason phrases and bodies repeat the request.
func telltale() http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		req.Body.Close()
		if req.URL.Path != "/moved" {
			return nil, &url.Error{Op: "Post", URL: req.URL.String(), Err: fmt.Errorf("%s is not it, nor is %s: %w: sent %v to %s",
				req.URL.Query().Get("password"), req.URL.Query().Get("key"), errRead, req.Header, req.URL)}
		}
		return &http.Response{
			Status: "200 Hello " + canaries()["reason phrase"] + " for " + req.Header.Get("X-Tenant"), StatusCode: http.StatusOK,
			Body: io.NopCloser(io.MultiReader(strings.NewReader("{"), failing{})), Request: req,
			Header: http.Header{"Content-Type": {"application/json"}},
		}, nil
	})
}

// TestSecrets_errors asserts that no secret is recorded from an error or a reason phrase that
// quotes the request.
func TestSecrets_errors(t *testing.T) {
	t.Parallel()
	r := newRecorder(t, har.Config{})
	plant(t, &http.Client{Transport: chain.New(r).Transport(telltale())}, "http://api.example.com")
	a := written(t, r)
	for i, e := range a.Log.Entries {
		if e.Response.Error == "" {
			t.Errorf("entry %d has no error", i)
		}
	}
	if last := a.Log.Entries[6]; last.Response.StatusText != "Hello REDACTED for REDACTED" {
		t.Errorf("the reason phrase is %q", last.Response.StatusText)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range leaks(data) {
		t.Error(leak)
	}
	if t.Failed() {
		t.Logf("%s", data)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errRead }

// TestSecrets_whileStreaming asserts that parts that have not been redacted yet are never shown.
func TestSecrets_whileStreaming(t *testing.T) {
	t.Parallel()
	secret := canaries()["answer"]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"ok","token":%q,"rest":"`, secret)
		w.(http.Flusher).Flush()
		fmt.Fprint(w, `"}`)
	}))
	t.Cleanup(server.Close)
	r := newRecorder(t, har.Config{})
	resp, err := httpClient(t, r).Do(request(t, http.MethodGet, server.URL, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 30)); err != nil { // in the middle of the secret
		t.Fatal(err)
	}
	e := only(t, r)
	if !strings.HasPrefix(e.Response.Content.Text, `{"status":"ok","token":`) || e.Comment == "" {
		t.Errorf("got %q, %q", e.Response.Content.Text, e.Comment)
	}
	var b bytes.Buffer
	if _, err := r.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	logged := slog.New(slog.NewJSONHandler(&b, nil))
	logged.LogAttrs(context.WithoutCancel(t.Context()), slog.LevelInfo, "", slog.Any("recorder", r))
	fmt.Fprintf(&b, "%v %+v %#v %s %d %q", r, r, r, r, r, r)
	for _, leak := range leaks(b.Bytes()) {
		t.Error(leak)
	}
	if !strings.Contains(b.String(), "har.Recorder(1 entries)") || !strings.Contains(b.String(), `"recorder":{"entries":1}`) {
		t.Errorf("printed as %s", b.String())
	}
}

// TestInsecure asserts that the canaries are recorded when nothing is redacted, so that finding
// none in the other tests means something.
func TestInsecure(t *testing.T) {
	t.Parallel()
	server := hoarder(t)
	r := newRecorder(t, har.Config{InsecureShowSecrets: true})
	plant(t, httpClient(t, r), server.URL)
	plant(t, &http.Client{Transport: chain.New(r).Transport(telltale())}, "http://api.example.com")
	written(t, r)
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Join(leaks(data), "\n")
	for where := range canaries() {
		if !strings.Contains(found, where+", ") {
			t.Errorf("%s was not planted", where)
		}
	}
}
