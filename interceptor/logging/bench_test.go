package logging_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
)

// sink takes every record and writes none, so that what is measured is this package.
type sink struct{ slog.Handler }

func (sink) Enabled(context.Context, slog.Level) bool  { return true }
func (sink) Handle(context.Context, slog.Record) error { return nil }

// canned answers with a small body, without allocating but for it.
type canned struct{ header http.Header }

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", Header: c.header,
		Body: io.NopCloser(strings.NewReader(`{"type":"user","id":7}`)),
	}, nil
}

func roundTripper(tb testing.TB, configs ...logging.Config) http.RoundTripper {
	tb.Helper()
	var list []interceptor.Interceptor
	for _, c := range configs {
		l, err := logging.New(c)
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, l)
	}
	return chain.New(list...).Transport(canned{http.Header{"Content-Type": {"application/json"}}})
}

func call(tb testing.TB, rt http.RoundTripper, req *http.Request) {
	tb.Helper()
	resp, err := rt.RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.Body.Close() != nil {
		tb.Fatal(err)
	}
}

// TestAllocations asserts that a disabled logger costs nothing, and that the cost of an enabled one
// is bounded.
func TestAllocations(t *testing.T) {
	req := request(t.Context(), t, http.MethodGet, "https://api.example.com/users/42?page=2", nil)
	req.Header.Set("Accept", "application/json")
	measure := func(configs ...logging.Config) float64 {
		rt := roundTripper(t, configs...)
		return testing.AllocsPerRun(100, func() { call(t, rt, req) })
	}
	without := measure()
	if n := measure(logging.Config{Logger: slog.New(slog.DiscardHandler), Headers: true}) - without; n > 0 {
		t.Errorf("discarded: %v allocations, want none", n)
	}
	if n := measure(logging.Config{Logger: slog.New(sink{})}) - without; n > 40 {
		t.Errorf("written: %v allocations, want at most 40", n)
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	req := request(b.Context(), b, http.MethodGet, "https://api.example.com/users/42?page=2", nil)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer eyJhbGciOiJFUzI1NiJ9")
	run := func(name string, configs ...logging.Config) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			rt := roundTripper(b, configs...)
			for b.Loop() {
				call(b, rt, req)
			}
		})
	}
	all := slog.New(sink{})
	run("log=none")
	run("log=discarded", logging.Config{Logger: slog.New(slog.DiscardHandler)})
	run("log=errors", logging.Config{Logger: slog.New(slog.NewJSONHandler(new(journal), &slog.HandlerOptions{Level: slog.LevelError}))})
	run("log=line", logging.Config{Logger: all})
	run("log=headers", logging.Config{Logger: all, Headers: true})
	run("log=bodies", logging.Config{Logger: all, Headers: true, BodyLimit: 1 << 10})
	run("log=curl", logging.Config{Logger: all, Headers: true, BodyLimit: 1 << 10, Curl: true})
}
