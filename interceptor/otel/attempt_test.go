package otel_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
)

// parents is a server that records the trace context of each request. Its /busy is busy twice, and
// its /moved redirects.
type parents struct {
	*httptest.Server

	mu   sync.Mutex
	seen []string
}

func serve(t *testing.T) *parents {
	t.Helper()
	p := new(parents)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.seen = append(p.seen, r.Header.Get("Traceparent"))
		n := len(p.seen)
		p.mu.Unlock()
		switch r.URL.Path {
		case "/busy":
			if n < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/moved":
			http.Redirect(w, r, "/there", http.StatusFound)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// TestAttempt compares a whole span with the semantic conventions.
func TestAttempt(t *testing.T) {
	t.Parallel()
	server := serve(t)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	common := map[string]string{
		"http.request.method": "GET", "server.address": u.Hostname(), "server.port": u.Port(),
		"http.response.status_code": "200", "network.protocol.version": "1.1",
	}
	with := func(more map[string]string) map[string]string {
		m := maps.Clone(common)
		maps.Copy(m, more)
		return m
	}
	for name, test := range map[string]struct {
		method, path, template, span string
		status                       codes.Code
		want                         map[string]string
	}{
		"good": {path: "/?page=2&key=secret", span: "GET", want: with(map[string]string{
			"url.full": server.URL + "/?page=2&key=REDACTED",
		})},
		"template": {path: "/users/7", template: "/users/{id}", span: "GET /users/{id}", want: with(map[string]string{
			"url.full": server.URL + "/users/7", "url.template": "/users/{id}",
		})},
		"bad": {path: "/missing", span: "GET", status: codes.Error, want: with(map[string]string{
			"url.full": server.URL + "/missing", "http.response.status_code": "404", "error.type": "404",
		})},
		"other method": {method: "PURGE", path: "/", span: "HTTP", want: with(map[string]string{
			"url.full": server.URL + "/", "http.request.method": "_OTHER", "http.request.method_original": "PURGE",
		})},
		"no method": {method: "-", path: "/", span: "GET", want: with(map[string]string{"url.full": server.URL + "/"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTelemetry(t)
			req := request(t, test.method, server.URL+test.path)
			if test.method == "-" {
				req.Method = ""
			}
			if test.template != "" {
				req = req.WithContext(otel.WithURLTemplate(req.Context(), test.template))
			}
			if err := call(t, x.httpClient(t), req); err != nil {
				t.Fatal(err)
			}
			s := x.only(t)
			if got := attributesOf(s); !maps.Equal(got, test.want) {
				t.Errorf("got  %v\nwant %v", got, test.want)
			}
			if s.Name != test.span || s.SpanKind != trace.SpanKindClient || s.Status.Code != test.status || s.Status.Description != "" {
				t.Errorf("got %s %q, %v", s.SpanKind, s.Name, s.Status)
			}
			if len(req.Header) != 0 {
				t.Errorf("the caller's header is %v", req.Header)
			}
		})
	}
}

// TestAttempt_fails asserts that the span of an attempt without a response has the kind of the
// error.
func TestAttempt_fails(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for name, test := range map[string]struct {
		url, kind, text string
		change          func(context.Context) (context.Context, context.CancelFunc)
	}{
		"refused": {url: "http://" + gone.Addr().String() + "/", kind: "connection_failed", text: "connection refused"},
		"timeout": {url: silent.URL, kind: "timeout", text: "deadline exceeded", change: func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 20*time.Millisecond)
		}},
		"scheme": {url: "gopher://example.com/", kind: "*errors.errorString", text: "unsupported protocol scheme"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTelemetry(t)
			req := request(t, http.MethodGet, test.url)
			if test.change != nil {
				ctx, cancel := test.change(req.Context())
				defer cancel()
				req = req.WithContext(ctx)
			}
			if err := call(t, x.httpClient(t), req); err == nil {
				t.Fatal("no error")
			}
			s := x.only(t)
			if got := attributesOf(s)["error.type"]; got != test.kind {
				t.Errorf("error.type is %q, want %q", got, test.kind)
			}
			if s.Status.Code != codes.Error || !strings.Contains(s.Status.Description, test.text) || len(s.Events) != 0 {
				t.Errorf("got %v, %v", s.Status, s.Events)
			}
		})
	}
}

// TestPropagation asserts that every attempt has its own trace context under the caller's span, and
// sends it to the server.
func TestPropagation(t *testing.T) {
	t.Parallel()
	server := serve(t)
	x := newTelemetry(t)
	ctx, outer := x.tracers.Tracer("test").Start(t.Context(), "outer")
	if err := call(t, x.httpClient(t, again()), request(t, http.MethodGet, server.URL+"/busy").WithContext(ctx)); err != nil {
		t.Fatal(err)
	}
	outer.End()
	want := "internal outer Unset\n  client GET 503 Error\n  client GET 503 1 Error\n  client GET 200 2 Unset\n"
	if got := x.tree("http.response.status_code", "http.request.resend_count"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	spans := x.spans.GetSpans()
	for i, seen := range server.seen {
		c := spans[i].SpanContext
		if want := fmt.Sprintf("00-%s-%s-01", c.TraceID(), c.SpanID()); seen != want {
			t.Errorf("attempt %d carried %s, want %s", i, seen, want)
		}
	}
}

// TestOrder asserts that each attempt has a span, whichever interceptor retries it, at any place in
// the list.
func TestOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config chain.Config
		list   func(*telemetry) []interceptor.Interceptor
		want   string
	}{
		"inside":  {list: func(x *telemetry) []interceptor.Interceptor { return x.Around(nil, again()) }, want: "503 503 200"},
		"reverse": {chain.Config{ReturnOrder: chain.Reverse}, func(x *telemetry) []interceptor.Interceptor { return x.Around(again()) }, "503 503 200"},
		"outside, where nobody sees why": {
			list: func(x *telemetry) []interceptor.Interceptor {
				return append([]interceptor.Interceptor{again()}, x.Around()...)
			},
			want: "? ? 200",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t)
			x := newTelemetry(t)
			c := &http.Client{Transport: test.config.New(test.list(x)...).Transport(nil)}
			t.Cleanup(c.CloseIdleConnections)
			if err := call(t, c, request(t, http.MethodGet, server.URL+"/busy")); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range x.spans.GetSpans() {
				got = append(got, cmp.Or(attributesOf(s)["http.response.status_code"], "?"))
			}
			if !slices.Equal(got, strings.Fields(test.want)) {
				t.Errorf("got %s, want %s", got, test.want)
			}
			measured, known := 0, len(strings.Fields(strings.ReplaceAll(test.want, "?", "")))
			for _, n := range x.points(t, "http.client.request.duration") {
				measured += n
			}
			if measured != known {
				t.Errorf("%d attempts are measured, want those %d whose outcome is known", measured, known)
			}
		})
	}
}

// TestUnsent asserts that a request that is not sent has no span, and that an event seen twice is
// counted once.
func TestUnsent(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for name, test := range map[string]struct {
		in    interceptor.Funcs
		spans int
	}{
		"rejected": {in: interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			return h.Reject(errors.New("no"), interceptor.Through)
		}}},
		"resolved": {in: interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			return h.Resolve(interceptor.NewResponse(req, 200, nil, nil), interceptor.Through)
		}}},
		"rejected late": {in: interceptor.Funcs{Response: func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			return h.Reject(errors.New("no"), interceptor.Through)
		}}, spans: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTelemetry(t)
			if err := call(t, x.httpClient(t, test.in), request(t, http.MethodGet, server.URL)); (err == nil) != (name == "resolved") {
				t.Fatal(err)
			}
			n := 0
			for _, count := range x.points(t, "http.client.request.duration") {
				n += count
			}
			if got := len(x.spans.GetSpans()); got != test.spans || n != test.spans {
				t.Errorf("%d spans and %d measurements, want %d", got, n, test.spans)
			}
		})
	}
}

// TestAlone asserts that the callbacks do not fail without a chain.
func TestAlone(t *testing.T) {
	t.Parallel()
	x := newTelemetry(t)
	for _, in := range x.Around() {
		if v := in.OnResponse(interceptor.NewResponse(nil, 200, nil, nil), interceptor.ResponseHandler{}); v.String() != "next" {
			t.Error(v)
		}
		if v := in.OnError(&interceptor.Error{}, interceptor.ErrorHandler{}); v.String() != "next" {
			t.Error(v)
		}
		if fmt.Sprint(in) != "otel" {
			t.Errorf("the name is %v", in)
		}
	}
}

// TestDuration asserts that the duration is that of the request: it includes neither earlier
// interceptors nor reading the body.
func TestDuration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newTelemetry(t)
		base := roundTripper(func(req *http.Request) (*http.Response, error) {
			<-time.After(2 * time.Second)
			if !trace.SpanContextFromContext(req.Context()).IsValid() {
				t.Error("what is beneath does not know the span")
			}
			r := interceptor.NewResponse(nil, 200, nil, nil).Response
			r.Proto, r.Request = "HTTP/2.0", req
			return r, nil
		})
		refresh := interceptor.Funcs{
			Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				<-time.After(time.Minute)
				return h.Next(req)
			},
			Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
				<-time.After(time.Hour)
				return h.Next(r)
			},
		}
		c := &http.Client{Transport: chain.New(x.Around(refresh)...).Transport(base)}
		ctx := otel.WithURLTemplate(t.Context(), "/{x}")
		if err := call(t, c, request(t, http.MethodGet, "http://a.example/x").WithContext(ctx)); err != nil {
			t.Fatal(err)
		}
		s := x.only(t)
		if d := s.EndTime.Sub(s.StartTime); d != 2*time.Second {
			t.Errorf("the span took %v", d)
		}
		m := x.collect(t)[0]
		p := m.Data.(metricdata.Histogram[float64]).DataPoints[0]
		if m.Name != "http.client.request.duration" || m.Unit != "s" || p.Sum != 2 || p.Count != 1 || len(p.Bounds) != 14 {
			t.Errorf("measured %s in %s: %v of %v, bounds %v", m.Name, m.Unit, p.Sum, p.Count, p.Bounds)
		}
		if len(p.Exemplars) != 1 || !bytes.Equal(p.Exemplars[0].SpanID, idOf(s.SpanContext)) {
			t.Errorf("exemplars: %v, want one of the span", p.Exemplars)
		}
	})
	x := newTelemetry(t)
	base := roundTripper(func(*http.Request) (*http.Response, error) {
		r := interceptor.NewResponse(nil, 503, nil, nil).Response
		r.Proto = "HTTP/2.0"
		return r, nil
	})
	for _, u := range []string{"http://a.example/1", "https://a.example/2", "https://a.example/2?3"} {
		if err := call(t, &http.Client{Transport: chain.New(x.Around()...).Transport(base)}, request(t, http.MethodPut, u)); err != nil {
			t.Fatal(err)
		}
	}
	const rest = "error.type=503,http.request.method=PUT,http.response.status_code=503,network.protocol.version=2,server.address=a.example,server.port="
	want := map[string]int{rest + "80,url.scheme=http": 1, rest + "443,url.scheme=https": 2}
	if got := x.points(t, "http.client.request.duration"); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func idOf(c trace.SpanContext) []byte {
	id := c.SpanID()
	return id[:]
}
