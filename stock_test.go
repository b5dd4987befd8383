package chatelaine_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// stock returns one of each interceptor of this module, in the documented order.
func stock(ctx context.Context, t *testing.T, server *authtest.Server) []interceptor.Interceptor {
	t.Helper()
	var all []interceptor.Interceptor
	add := func(i interceptor.Interceptor, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, i)
	}
	add(requestid.New(requestid.Config{}))
	add(idempotency.New(idempotency.Config{}))
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	add(logging.New(logging.Config{Logger: log, Headers: true, BodyLimit: 1 << 10, Curl: true}))
	add(har.New(har.Config{}))
	add(retry.New(retry.Config{}))
	session, end := signedIn(ctx, server)
	t.Cleanup(end)
	return append(all, session)
}

// TestStock_copyOnWrite: the interceptors of this module keep their promise. The caller's URL and
// the values of its headers, and the room behind them, are what they were, after a call that was
// answered 503, 401 and 200.
func TestStock_copyOnWrite(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	all := stock(t.Context(), t, server)
	for _, i := range all {
		if c, ok := i.(interface{ CopyOnWrite() bool }); !ok || !c.CopyOnWrite() {
			t.Errorf("%T does not promise it", i)
		}
		if u, ok := i.(interface{ UsesRestyRequest() bool }); !ok || u.UsesRestyRequest() {
			t.Errorf("%T may use chain.RestyRequest, which costs two allocations per call", i)
		}
	}
	const room = "the room behind the values"
	values := make(map[string][]string)
	header := make(http.Header)
	for _, name := range []string{"Accept", "X-Request-Id", "Idempotency-Key", "Traceparent", "Cookie"} {
		values[name] = []string{"a", "b", room, room}
		header[name] = values[name][:2]
	}
	delete(header, "X-Request-Id")
	header["Idempotency-Key"] = values["Idempotency-Key"][:0]
	req := &http.Request{
		Method: http.MethodPost, URL: &url.URL{Path: "/echo", RawQuery: "q=1"}, Header: header, ContentLength: 5,
		Body:    io.NopCloser(strings.NewReader("hello")),
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("hello")), nil },
	}
	server.ExpireAccess()
	server.FailAPI(1, http.StatusServiceUnavailable, nil, "")

	resp, err := chain.New(all...).Transport(nil).RoundTrip(req.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("got %v, %v", resp.Status, err)
	}
	if got := req.URL.String(); got != "/echo?q=1" {
		t.Errorf("the URL has become %s", got)
	}
	if len(header) != 4 {
		t.Errorf("the header has become %v", header)
	}
	for name, v := range values {
		if v[0] != "a" || v[1] != "b" || v[2] != room || v[3] != room {
			t.Errorf("%s has become %q", name, v)
		}
	}
}
