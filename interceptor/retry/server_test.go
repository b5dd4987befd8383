package retry_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// flaky answers by cutting the connection, then 503, then with the body it got.
func flaky(t *testing.T) (server *httptest.Server, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch requests.Add(1) {
		case 1:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		case 2:
			http.Error(w, "busy", http.StatusServiceUnavailable)
		default:
			_, _ = w.Write(body)
		}
	}))
	t.Cleanup(server.Close)
	return server, requests
}

var quick = retry.Config{BaseDelay: time.Millisecond}

func TestServer_resty(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		send func(r *resty.Request, url string) (*resty.Response, error)
		want int32
	}{
		"PUT":  {func(r *resty.Request, url string) (*resty.Response, error) { return r.SetBody("umbrella").Put(url) }, 3},
		"POST": {func(r *resty.Request, url string) (*resty.Response, error) { return r.SetBody("umbrella").Post(url) }, 1},
		"POST, always": {func(r *resty.Request, url string) (*resty.Response, error) {
			return r.SetContext(retry.Always(r.Context())).SetBody("umbrella").Post(url)
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, requests := flaky(t)
			client := resty.New()
			t.Cleanup(client.GetClient().CloseIdleConnections)
			if err := chain.New(newRetry(t, quick)).Install(client); err != nil {
				t.Fatal(err)
			}
			resp, err := c.send(client.R().SetContext(t.Context()), server.URL)
			switch {
			case requests.Load() != c.want:
				t.Errorf("%d requests, want %d", requests.Load(), c.want)
			case c.want == 3 && (err != nil || resp.String() != "umbrella"):
				t.Errorf("got %v, %v", resp, err)
			case c.want == 1 && !errors.Is(err, io.EOF):
				t.Errorf("got %v, want the broken connection", err)
			}
		})
	}
}

// TestServer_idempotencyKey makes a POST one that may be sent twice, in whatever order the two
// stand.
func TestServer_idempotencyKey(t *testing.T) {
	t.Parallel()
	keys, err := idempotency.New(idempotency.Config{})
	if err != nil {
		t.Fatal(err)
	}
	again := newRetry(t, quick)
	for name, list := range map[string][]interceptor.Interceptor{"before": {keys, again}, "behind": {again, keys}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, requests := flaky(t)
			transport := chain.New(list...).Transport(nil)
			client := &http.Client{Transport: transport}
			t.Cleanup(client.CloseIdleConnections)
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("umbrella"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "umbrella" || requests.Load() != 3 {
				t.Errorf("got %q, %v after %d requests", body, err, requests.Load())
			}
		})
	}
}

// TestServer_refused: a POST to a port without a listener was never sent.
func TestServer_refused(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	l.Close()
	var attempts int
	count := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		attempts = e.Request.Attempt()
		return h.Next(e)
	}}
	client := resty.New()
	if err := chain.New(count, newRetry(t, quick)).Install(client); err != nil {
		t.Fatal(err)
	}
	if _, err := client.R().SetBody("umbrella").Post(url); interceptor.KindOf(err) != interceptor.KindConnection || attempts != 4 {
		t.Errorf("got %v after %d attempts", err, attempts)
	}
}
