package otel_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"

	"github.com/go-resty/resty/v2"
	"go.opentelemetry.io/otel/codes"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
)

// signedIn returns a session of alice at the server.
func signedIn(t *testing.T, server *authtest.Server, x *telemetry) *auth.Interceptor {
	t.Helper()
	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: chain.New(x.Around()...).Transport(server.Transport())},
		OnEvent:   x.OnEvent,
	})
	if err != nil {
		t.Fatal(err)
	}
	pair := server.Issue("alice")
	err = session.Login(t.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken, Expiry: pair.Expiry})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return session
}

// TestRefresh asserts the picture in the package's documentation.
func TestRefresh(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{})
	t.Cleanup(server.Close)
	x := newTelemetry(t)
	c := x.restyClient(t, signedIn(t, server, x))
	server.ExpireAccess()
	resp, err := c.R().SetPathParam("id", "200").Get("/status/{id}?page=1")
	if err != nil || resp.StatusCode() != http.StatusOK {
		t.Fatal(resp, err)
	}
	const want = "internal call GET /status/{id} 2 200 Unset\n" +
		"  client GET /status/{id} 401 Error\n" +
		"  client GET /status/{id} 200 1 Unset\n" +
		"client POST 201 Unset\n" // the refresh serves many calls, so it has no parent
	if got := x.tree("chatelaine.sends", "http.response.status_code", "http.request.resend_count"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	server.AssertRefreshes(t, 1)
	if got := x.points(t, "chatelaine.auth.refreshes"); got["chatelaine.refresh.outcome=refreshed"] != 1 {
		t.Errorf("refreshes: %v", got)
	}
}

// TestLoginRequired asserts the spans of a call whose caller gets another error than the server
// sent.
func TestLoginRequired(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{})
	t.Cleanup(server.Close)
	x := newTelemetry(t)
	c := x.restyClient(t, signedIn(t, server, x))
	server.RevokeAll()
	if _, err := c.R().Get("/me"); !errors.Is(err, auth.ErrLoginRequired) {
		t.Fatal(err)
	}
	for _, s := range x.spans.GetSpans() {
		if s.Name == "call GET" {
			if got := attributesOf(s)["error.type"]; got != "*auth.LoginRequiredError" || s.Status.Code != codes.Error ||
				!strings.Contains(s.Status.Description, "login required") {
				t.Errorf("got %s, %v", got, s.Status)
			}
			return
		}
	}
	t.Errorf("no span of the call:\n%s", x.tree())
}

// TestInstrument asserts that a call of resty is one call, whatever redirects and retries resty
// makes of it.
func TestInstrument(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do   func(*resty.Client) (*resty.Response, error)
		want string
	}{
		"good": {func(c *resty.Client) (*resty.Response, error) { return c.R().Get("/") }, "internal call GET 1 200 Unset\n  client GET 200 Unset\n"},
		"redirect": {func(c *resty.Client) (*resty.Response, error) {
			return c.R().SetPathParam("where", "moved").Get("/{where}")
		}, "internal call GET /{where} 2 200 Unset\n  client GET /{where} 302 Unset\n  client GET 200 1 Unset\n"},
		"resty's retry": {func(c *resty.Client) (*resty.Response, error) {
			c.SetRetryCount(3).SetRetryWaitTime(1).AddRetryCondition(func(r *resty.Response, _ error) bool { return r.StatusCode() == 503 })
			return c.R().SetPathParam("a", "busy").Get("/{a}")
		}, "internal call GET /{a} 3 200 Unset\n  client GET /{a} 503 Error\n  client GET /{a} 503 1 Error\n  client GET /{a} 200 2 Unset\n"},
		"the same request twice": {func(c *resty.Client) (*resty.Response, error) {
			r := c.R()
			if _, err := r.Get("/"); err != nil {
				return nil, err
			}
			return r.Get("/missing")
		}, "internal call GET 1 200 Unset\n  client GET 200 Unset\ninternal call GET 1 404 Error\n  client GET 404 Error\n"},
		"a template of its own": {func(c *resty.Client) (*resty.Response, error) {
			return c.R().SetContext(otel.WithURLTemplate(t.Context(), "/any")).SetPathParam("a", "1").Get("/{a}")
		}, "internal call GET /any 1 200 Unset\n  client GET /any 200 Unset\n"},
		"not downloaded": {func(c *resty.Client) (*resty.Response, error) {
			r, err := c.R().SetDoNotParseResponse(true).Get("/")
			if err == nil {
				err = r.RawBody().Close()
			}
			return r, err
		}, "internal call GET 1 200 Unset\n  client GET 200 Unset\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTelemetry(t)
			c := x.restyClient(t).SetBaseURL(serve(t).URL)
			if _, err := test.do(c); err != nil {
				t.Fatal(err)
			}
			if got := x.tree("chatelaine.sends", "http.response.status_code", "http.request.resend_count"); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

// TestInstrument_fails asserts that the span of a call ends even if the call fails early, or
// panics.
func TestInstrument_fails(t *testing.T) {
	t.Parallel()
	server := serve(t)
	broken := errors.New("broken hook")
	hook := func(*resty.Client, *resty.Request) error { return broken }
	for name, test := range map[string]struct {
		prepare func(*resty.Client)
		in      interceptor.Interceptor
		url     string
		want    string
	}{
		"a hook of the program": {prepare: func(c *resty.Client) { c.OnBeforeRequest(hook) }, want: "internal call GET 0 *errors.errorString Error\n"},
		"resty itself":          {url: "http://[", want: "internal call GET 0 *errors.errorString Error\n"},
		"an interceptor": {in: interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			return h.Reject(broken)
		}}, want: "internal call GET 0 *errors.errorString Error\n"},
		"a reason for a status": {url: server.URL + "/missing", in: interceptor.Funcs{
			Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
				return h.Next(http.ErrNotSupported)
			},
		}, want: "internal call GET 1 *http.ProtocolError Error\n  client GET 404 404 Error\n"},
		"a panic": {in: interceptor.Funcs{Request: func(*interceptor.Request, interceptor.RequestHandler) interceptor.Verdict {
			crash()
			return interceptor.Verdict{}
		}}, want: "internal call GET 0 runtime.boundsError Error\n"},
		"while the body is read": {prepare: func(c *resty.Client) {
			c.SetTransport(roundTripper(func(*http.Request) (*http.Response, error) {
				r := interceptor.NewResponse(nil, 200, nil, nil).Response
				r.Body = io.NopCloser(io.MultiReader(strings.NewReader("x"), failing{}))
				return r, nil
			}))
		}, want: "internal call GET 0 200 *errors.errorString Error\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTelemetry(t)
			c := x.restyClient(t, test.in).SetLogger(silent{})
			if test.prepare != nil {
				test.prepare(c)
			}
			if test.url == "" {
				test.url = server.URL
			}
			func() {
				defer func() { recover() }()
				if _, err := c.R().Get(test.url); err == nil {
					t.Error("no error")
				}
			}()
			if got := x.tree("chatelaine.sends", "http.response.status_code", "error.type"); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
	x := newTelemetry(t)
	c := resty.New().OnBeforeRequest(hook)
	if err := x.Instrument(c); err != nil {
		t.Fatal(err)
	}
	if _, err := c.R().Get(server.URL); !errors.Is(err, broken) { // before our hook
		t.Error(err)
	}
	if n := len(x.spans.GetSpans()); n != 0 {
		t.Errorf("%d spans", n)
	}
	if err := x.Instrument(nil); err == nil || !strings.HasPrefix(err.Error(), "otel: ") {
		t.Errorf("got %v", err)
	}
}

// crash panics.
func crash(list ...int) int { return list[0] } // without arguments

type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

// TestNested asserts that a call that an interceptor makes has a span of its own.
func TestNested(t *testing.T) {
	t.Parallel()
	server := serve(t)
	x := newTelemetry(t)
	inner, broken := x.restyClient(t), resty.New().OnBeforeRequest(func(*resty.Client, *resty.Request) error { return io.ErrClosedPipe })
	if err := x.Instrument(broken); err != nil {
		t.Fatal(err)
	}
	c := x.restyClient(t, interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		if _, err := inner.R().SetContext(req.Context()).Get(server.URL + "/missing"); err != nil {
			t.Error(err)
		}
		if _, err := broken.R().SetContext(req.Context()).Get(server.URL); !errors.Is(err, io.ErrClosedPipe) { // before its span begins
			t.Error(err)
		}
		return h.Next(req)
	}})
	if _, err := c.R().Get(server.URL); err != nil {
		t.Fatal(err)
	}
	const want = "internal call GET 1 200 Unset\n  internal call GET 1 404 Error\n    client GET 404 Error\n  client GET 200 Unset\n"
	if got := x.tree("chatelaine.sends", "http.response.status_code"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestTransport asserts that the transport makes spans of calls for any client.
func TestTransport(t *testing.T) {
	t.Parallel()
	server := serve(t)
	x := newTelemetry(t)
	c := &http.Client{Transport: x.Transport(chain.New(x.Around(again())...).Transport(nil))}
	t.Cleanup(c.CloseIdleConnections)
	if err := call(t, c, request(t, http.MethodGet, server.URL+"/busy")); err != nil {
		t.Fatal(err)
	}
	const want = "internal call GET 3 200 Unset\n  client GET 503 Error\n  client GET 503 1 Error\n  client GET 200 2 Unset\n"
	if got := x.tree("chatelaine.sends", "http.response.status_code", "http.request.resend_count"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	x.spans.Reset()
	refused := errors.New("refused by password secretsecret1secretsecret2")
	for _, base := range []roundTripper{
		func(*http.Request) (*http.Response, error) { return nil, refused },
		func(*http.Request) (*http.Response, error) { crash(); return nil, refused },
	} {
		t1 := x.Transport(base)
		t1.(interface{ CloseIdleConnections() }).CloseIdleConnections() // nothing to close
		func() {
			defer func() { recover() }()
			call(t, &http.Client{Transport: t1}, request(t, http.MethodPut, server.URL))
		}()
	}
	var got strings.Builder
	for _, s := range x.spans.GetSpans() {
		got.WriteString(s.Name + ": " + s.Status.Description + "\n")
	}
	if want := "call PUT: refused by password REDACTED\ncall PUT: otel: panic in the transport\n"; got.String() != want {
		t.Errorf("got\n%s", got.String())
	}
}

// TestTemplates asserts the templates for base URLs and paths.
func TestTemplates(t *testing.T) {
	t.Parallel()
	log.SetOutput(io.Discard)
	server := serve(t)
	for _, test := range []struct{ base, path, want string }{
		{server.URL, "/users/{id}", "call GET /users/{id}"},
		{server.URL + "/v1/", "users/{id}", "call GET /v1/users/{id}"},
		{server.URL + "/v1", server.URL + "/users/{id}?q={id}#x", "call GET /users/{id}"},
		{server.URL, "/users/7", "call GET"},
		{server.URL, "/users?id={id}", "call GET"},
		{"", server.URL + "/{id}/a", "call GET /{id}/a"},
	} {
		x := newTelemetry(t)
		c := x.restyClient(t).SetBaseURL(test.base)
		if _, err := c.R().SetPathParam("id", "7").Get(test.path); err != nil {
			t.Errorf("%s: %v", test.path, err)
		}
		names := ""
		for _, s := range x.spans.GetSpans() {
			names = s.Name // the call ends last
		}
		if names != test.want {
			t.Errorf("%s, %s: got %q, want %q", test.base, test.path, names, test.want)
		}
	}
}
