package chain_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// once retries the first answer with a bad status.
func once() interceptor.Interceptor {
	return &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		if e.Kind != interceptor.KindBadResponse || e.Request.Attempt() > 1 {
			return h.Next(e)
		}
		return h.Retry(0)
	}}
}

// refuseFirst is a server that answers the first request with 401 and every later one with what it
// got.
func refuseFirst(t *testing.T) (server *httptest.Server, bodies func() []string) {
	t.Helper()
	var got []string
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, fmt.Sprintf("%s|%d %v|%s", r.Header.Get("Content-Type"), r.ContentLength, r.TransferEncoding, data))
		if len(got) == 1 {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(data)
	}))
	t.Cleanup(server.Close)
	return server, func() []string { return got }
}

func install(t *testing.T, c *chain.Chain, client *resty.Client) *resty.Client {
	t.Helper()
	if err := c.Install(client); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.GetClient().CloseIdleConnections)
	return client
}

// TestRetry_everyBody sends each kind of body that resty takes, twice, and compares what arrived.
func TestRetry_everyBody(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "upload")
	if err := os.WriteFile(path, []byte("file content"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() *os.File {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	type point struct{ X, Y int }
	for name, set := range map[string]func(*resty.Request){
		"nothing":               func(*resty.Request) {},
		"struct":                func(r *resty.Request) { r.SetBody(point{1, 2}) },
		"XML":                   func(r *resty.Request) { r.SetHeader("Content-Type", "application/xml").SetBody(point{1, 2}) },
		"slice":                 func(r *resty.Request) { r.SetBody([]point{{1, 2}, {3, 4}}) },
		"map":                   func(r *resty.Request) { r.SetBody(map[string]any{"a": 1}) },
		"string":                func(r *resty.Request) { r.SetBody("text") },
		"bytes":                 func(r *resty.Request) { r.SetBody([]byte("bytes")) },
		"strings.Reader":        func(r *resty.Request) { r.SetBody(strings.NewReader("reader")) },
		"bytes.Reader":          func(r *resty.Request) { r.SetBody(bytes.NewReader([]byte("reader"))) },
		"bytes.Buffer":          func(r *resty.Request) { r.SetBody(bytes.NewBufferString("buffer")) },
		"opaque reader":         func(r *resty.Request) { r.SetBody(io.MultiReader(strings.NewReader("opaque"))) },
		"reader with length":    func(r *resty.Request) { r.SetContentLength(true).SetBody(io.MultiReader(strings.NewReader("opaque"))) },
		"file":                  func(r *resty.Request) { r.SetBody(open()) },
		"form":                  func(r *resty.Request) { r.SetFormData(map[string]string{"a": "b"}) },
		"multipart file":        func(r *resty.Request) { r.SetFile("f", path) },
		"multipart file reader": func(r *resty.Request) { r.SetFileReader("f", "n", open()) },
		"multipart opaque":      func(r *resty.Request) { r.SetFileReader("f", "n", io.MultiReader(strings.NewReader("x"))) },
		"multipart field": func(r *resty.Request) {
			r.SetMultipartField("f", "n", "text/plain", io.MultiReader(strings.NewReader("x")))
		},
		"multipart form": func(r *resty.Request) { r.SetMultipartFormData(map[string]string{"a": "b"}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, bodies := refuseFirst(t)
			r := install(t, chain.New(once()), resty.New()).R()
			set(r)
			resp, err := r.Post(server.URL)
			if err != nil || resp.StatusCode() != http.StatusOK {
				t.Fatalf("got %v, %v", resp.Status(), err)
			}
			got := bodies()
			if len(got) != 2 || got[0] != got[1] {
				t.Errorf("the bodies differ: %q", got)
			}
			if name != "nothing" && strings.HasSuffix(got[1], "|") {
				t.Error("the body is empty")
			}
		})
	}
}

// TestRetry_oneShotBody gets the original answer back, readable.
func TestRetry_oneShotBody(t *testing.T) {
	t.Parallel()
	server, bodies := refuseFirst(t)
	client := &http.Client{Transport: chain.New(once()).Transport(nil)}
	t.Cleanup(client.CloseIdleConnections)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, io.MultiReader(strings.NewReader("once")))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || string(data) != "no\n" {
		t.Errorf("got %s %q, %v", resp.Status, data, err)
	}
	if n := len(bodies()); n != 1 {
		t.Errorf("sent %d times", n)
	}
}

func TestInstall_twice(t *testing.T) {
	t.Parallel()
	client := install(t, chain.New(), resty.New())
	if err := chain.New().Install(client); !errors.Is(err, chain.ErrInstalled) {
		t.Errorf("got %v", err)
	}
	if err := chain.New().Install(client.Clone()); !errors.Is(err, chain.ErrInstalled) {
		t.Errorf("a clone shares the transport, got %v", err)
	}
	if !chain.Uninstall(client) || chain.Uninstall(client) {
		t.Error("want Uninstall to work once")
	}
	if n := len(client.RetryConditions); n != 0 {
		t.Errorf("%d retry conditions are left", n)
	}
	if err := chain.New().Install(client); err != nil {
		t.Errorf("Install after Uninstall: %v", err)
	}
	if err := chain.New().Install(nil); err == nil {
		t.Error("want an error for no client")
	}
}

func TestInstalled(t *testing.T) {
	t.Parallel()
	c, client := chain.New(), resty.New()
	if _, ok := chain.Installed(client); ok {
		t.Error("installed before Install")
	}
	install(t, c, client)
	if got, ok := chain.Installed(client); !ok || got != c {
		t.Error("not installed after Install")
	}
	client.SetTransport(&http.Transport{})
	if _, ok := chain.Installed(client); ok {
		t.Error("SetTransport takes the chain off, and Installed must say so")
	}
}

func TestRestyRequest(t *testing.T) {
	t.Parallel()
	type key struct{}
	var seen []*resty.Request
	contexts := make(map[context.Context]bool)
	in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		r, ok := chain.RestyRequest(req)
		if !ok || r.URL != "http://127.0.0.1/users/7" || r.Attempt != len(seen)+1 || req.Context().Value(key{}) != "mine" {
			t.Errorf("got %v, %+v", ok, r)
		}
		seen = append(seen, r)
		contexts[r.Context()] = true
		return h.Next(req)
	}}
	client := resty.New().SetLogger(new(memory)).SetRetryCount(2).SetRetryWaitTime(1).SetTransport(failing{io.EOF})
	install(t, chain.New(in), client)
	r := client.R().SetPathParam("id", "7").SetContext(context.WithValue(t.Context(), key{}, "mine"))
	if _, err := r.Get("http://127.0.0.1/users/{id}"); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if len(seen) != 3 || seen[0] != r || seen[2] != r {
		t.Errorf("got %d requests", len(seen))
	}
	if len(contexts) != 1 {
		t.Error("the context grows with every attempt")
	}
	plain := interceptor.Request{Request: httptest.NewRequest(http.MethodGet, "/", http.NoBody)}
	if _, ok := chain.RestyRequest(&plain); ok {
		t.Error("there is no resty request under net/http")
	}
}

type based struct {
	interceptor.Base
	url string
}

func (b based) BaseURL() string { return b.url }

func TestInstall_setsBaseURL(t *testing.T) {
	t.Parallel()
	c := chain.New(interceptor.Base{}, interceptor.Queued(based{url: "https://a.example"}), based{url: "https://b.example"})
	if client := install(t, c, resty.New()); client.BaseURL != "https://a.example" {
		t.Errorf("got %q", client.BaseURL)
	}
	if client := install(t, c, resty.New().SetBaseURL("https://own.example")); client.BaseURL != "https://own.example" {
		t.Errorf("the client's own base URL was replaced by %q", client.BaseURL)
	}
}

func TestSetOutput_afterRetry(t *testing.T) {
	t.Parallel()
	server, _ := refuseFirst(t)
	out := filepath.Join(t.TempDir(), "out")
	client := install(t, chain.New(once()), resty.New())
	if _, err := client.R().SetOutput(out).SetBody("wanted").Post(server.URL); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(out); err != nil || string(data) != "wanted" {
		t.Errorf("got %q, %v", data, err)
	}
}

func TestSetDoNotParseResponse_afterRetry(t *testing.T) {
	t.Parallel()
	server, _ := refuseFirst(t)
	client := install(t, chain.New(once()), resty.New())
	resp, err := client.R().SetDoNotParseResponse(true).SetBody("wanted").Post(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.RawBody().Close()
	if data, err := io.ReadAll(resp.RawBody()); err != nil || string(data) != "wanted" {
		t.Errorf("got %q, %v", data, err)
	}
}
