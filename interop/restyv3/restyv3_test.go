package restyv3_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"resty.dev/v3"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// newClient lays a chain over the transport that a client of resty v3 has.
func newClient(t *testing.T, c *chain.Chain) *resty.Client {
	t.Helper()
	client := resty.New()
	client.SetTransport(c.Transport(client.Transport()))
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// recorder notes the callbacks that run.
func recorder(name string, calls *[]string) interceptor.Interceptor {
	return &interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			*calls = append(*calls, name+".req")
			req.Header.Set("X-"+name, "set")
			return h.Next(req)
		},
		Response: func(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			*calls = append(*calls, name+".res")
			return h.Next(resp)
		},
		Error: func(err *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			*calls = append(*calls, name+".err")
			return h.Next(err)
		},
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, r.Header.Get("X-A")+r.Header.Get("X-B"))
	})
	var calls []string
	client := newClient(t, chain.New(recorder("A", &calls), recorder("B", &calls)))
	for path, want := range map[string][]string{
		"/":    {"A.req", "B.req", "A.res", "B.res"},
		"/bad": {"A.req", "B.req", "A.err", "B.err"},
	} {
		calls = nil
		resp, err := client.R().Get(server.URL + path)
		if err != nil || resp.String() != "setset" || !slices.Equal(calls, want) {
			t.Errorf("%s: got %q, %v, callbacks %v", path, resp, err, calls)
		}
	}
}

// TestRetry sends bodies again, decoded results and all. Resty v3 streams readers, so one that
// cannot be rewound is sent once, and its answer comes back.
func TestRetry(t *testing.T) {
	t.Parallel()
	type message struct {
		Text string `json:"text"`
	}
	for name, test := range map[string]struct {
		body  any
		want  int
		sends int
	}{
		"struct": {message{Text: "hello"}, http.StatusOK, 2},
		"string": {`{"text":"hello"}`, http.StatusOK, 2},
		"stream": {io.MultiReader(strings.NewReader(`{"text":"hello"}`)), http.StatusServiceUnavailable, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var bodies []string
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				data, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				bodies = append(bodies, strings.TrimSpace(string(data)))
				w.Header().Set("Content-Type", "application/json")
				if len(bodies) == 1 {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				_, _ = w.Write(data)
			})
			again := &interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
				return h.Retry(0)
			}}
			var result, failure message
			client := newClient(t, chain.New(again))
			resp, err := client.R().SetContentType("application/json").SetBody(test.body).
				SetResult(&result).SetResultError(&failure).Post(server.URL)
			if err != nil || resp.StatusCode() != test.want || len(bodies) != test.sends {
				t.Fatalf("got %v, %v, %d sends", resp, err, len(bodies))
			}
			for _, b := range bodies {
				if b != `{"text":"hello"}` {
					t.Errorf("the server got %q", b)
				}
			}
			if result.Text+failure.Text != "hello" {
				t.Errorf("the answer was not decoded: %q %q", result.Text, failure.Text)
			}
		})
	}
}

type ownError struct{ code int }

func (e *ownError) Error() string { return fmt.Sprintf("code %d", e.code) }

// TestError reaches the caller. Resty v3's own retries cannot be told about rejects by a transport,
// so whoever uses them leaves rejects out with a condition, as here.
func TestError(t *testing.T) {
	t.Parallel()
	calls := 0
	in := &interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		calls++
		return h.Reject(&ownError{code: 7})
	}}
	client := newClient(t, chain.New(in)).SetRetryCount(2).SetRetryDefaultConditions(false)
	client.AddRetryConditions(func(_ *resty.Response, err error) bool {
		_, rejected := errors.AsType[*interceptor.Error](err)
		return err != nil && !rejected
	})
	_, err := client.R().Get("http://127.0.0.1/")
	if own, ok := errors.AsType[*ownError](err); !ok || own.code != 7 {
		t.Errorf("got %v", err)
	}
	if e, ok := errors.AsType[*interceptor.Error](err); !ok || e.Request == nil {
		t.Errorf("got %v", err)
	}
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// TestTLSSetters of resty v3 work over the chain, because it has the methods they look for.
func TestTLSSetters(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	root := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	own := server.TLS.Certificates[0] // any certificate will do
	for name, test := range map[string]struct {
		set  func(*resty.Client)
		want bool
	}{
		"none":                               {func(*resty.Client) {}, false},
		"SetCertificates alone":              {func(c *resty.Client) { c.SetCertificates(own) }, false},
		"SetRootCertificateFromString alone": {func(c *resty.Client) { c.SetRootCertificateFromString(root) }, false},
		"both":                               {func(c *resty.Client) { c.SetCertificates(own).SetRootCertificateFromString(root) }, true},
		"SetTLSClientConfig": {func(c *resty.Client) {
			c.SetTLSClientConfig(&tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{own}})
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls []string
			client := newClient(t, chain.New(recorder("A", &calls))).SetLogger(&memory{})
			test.set(client)
			if _, err := client.R().Get(server.URL); (err == nil) != test.want {
				t.Errorf("got %v", err)
			}
			if len(calls) == 0 {
				t.Error("the chain was not used")
			}
		})
	}
}

// memory keeps what resty logs.
type memory struct {
	mu   sync.Mutex
	text []string
}

func (m *memory) Errorf(format string, v ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = append(m.text, fmt.Sprintf(format, v...))
}
func (m *memory) Warnf(format string, v ...any)  { m.Errorf(format, v...) }
func (m *memory) Debugf(format string, v ...any) { m.Errorf(format, v...) }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSettersThatCannotWork are reported, not swallowed: the proxy, for which resty v3 wants the
// bare transport, and TLS over a transport that has no such settings.
func TestSettersThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		base http.RoundTripper
		set  func(*resty.Client)
	}{
		"proxy": {nil, func(c *resty.Client) { c.SetProxy("http://127.0.0.1:1") }},
		"TLS": {roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.EOF }), func(c *resty.Client) {
			c.SetTLSClientConfig(&tls.Config{MinVersion: tls.VersionTLS13})
		}},
		"roots": {roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.EOF }), func(c *resty.Client) {
			c.SetRootCertificateFromString("")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := new(memory)
			client := resty.New().SetLogger(said).SetTransport(chain.New().Transport(test.base))
			t.Cleanup(func() { _ = client.Close() })
			test.set(client)
			if len(said.text) == 0 {
				t.Error("resty said nothing")
			}
		})
	}
}
