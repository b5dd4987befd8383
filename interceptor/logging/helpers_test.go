package logging_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-resty/resty/v2"
	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is what has been logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// records are the lines, decoded.
func (j *journal) records(t *testing.T) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(j.String()) {
		r := make(map[string]any)
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, r)
	}
	return list
}

// only returns the one record there is.
func (j *journal) only(t *testing.T) map[string]any {
	t.Helper()
	list := j.records(t)
	if len(list) != 1 {
		t.Fatalf("%d records, want 1:\n%s", len(list), j)
	}
	return list[0]
}

// want checks attributes of a record; nil means that there is none.
func want(t *testing.T, record, attrs map[string]any) {
	t.Helper()
	for key, v := range attrs {
		if n, ok := v.(int); ok {
			v = float64(n)
		}
		got, ok := record[key]
		if v == nil && ok || v != nil && got != v {
			t.Errorf("%s is %v, want %v", key, got, v)
		}
	}
}

func newLogging(tb testing.TB, c logging.Config) (*logging.Interceptor, *journal) {
	tb.Helper()
	j := new(journal)
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	l, err := logging.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return l, j
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// client is one of net/http over the chain.
func client(t *testing.T, is ...interceptor.Interceptor) *http.Client {
	t.Helper()
	c := &http.Client{Transport: chain.New(is...).Transport(nil)}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func restyClient(t *testing.T, is ...interceptor.Interceptor) *resty.Client {
	t.Helper()
	c := resty.New()
	if err := chain.New(is...).Install(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.GetClient().CloseIdleConnections)
	return c
}

func request(ctx context.Context, tb testing.TB, method, url string, body io.Reader) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// get makes a call and reads its body.
func get(t *testing.T, c *http.Client, url string) (string, error) {
	t.Helper()
	resp, err := c.Do(request(t.Context(), t, http.MethodGet, url, nil))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
