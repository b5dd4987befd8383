package retry_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wire is a transport that answers by a script, over and over its last line, and notes when it was
// asked.
type wire struct {
	script []line

	mu    sync.Mutex
	sends []time.Time
	sent  []string // the bodies
}

// line is one answer: a status, perhaps with a Retry-After, or an error.
type line struct {
	status     int
	retryAfter string
	header     http.Header
	err        error
	takes      time.Duration
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
		r.Body.Close()
	}
	w.mu.Lock()
	n := len(w.sends)
	w.sends = append(w.sends, time.Now())
	w.sent = append(w.sent, body)
	l := w.script[min(n, len(w.script)-1)]
	w.mu.Unlock()
	if l.takes > 0 {
		select {
		case <-time.After(l.takes):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if l.err != nil {
		return nil, l.err
	}
	h := l.header.Clone()
	if h == nil {
		h = make(http.Header)
	}
	if l.retryAfter != "" {
		h.Set("Retry-After", l.retryAfter)
	}
	return &http.Response{
		StatusCode: l.status, Status: http.StatusText(l.status), Header: h, Request: r,
		Body: io.NopCloser(strings.NewReader("answer")),
	}, nil
}

func (w *wire) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.sends)
}

// waits are the times between the sends.
func (w *wire) waits() []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var d []time.Duration
	for i := 1; i < len(w.sends); i++ {
		d = append(d, w.sends[i].Sub(w.sends[i-1]))
	}
	return d
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func statuses(list ...int) *wire {
	w := new(wire)
	for _, s := range list {
		w.script = append(w.script, line{status: s})
	}
	return w
}

var (
	errReset  = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	errDial   = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	errLookup = &net.DNSError{Err: "no such host", Name: "api.example.com"}
)

type timeout struct{}

func (timeout) Error() string   { return "timeout awaiting response headers" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func newRetry(tb testing.TB, c retry.Config) *retry.Interceptor {
	tb.Helper()
	i, err := retry.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return i
}

// send makes one call and returns its status, 0 if it failed.
func send(ctx context.Context, tb testing.TB, rt http.RoundTripper, method, body string, edit ...func(*http.Request)) (int, error) {
	tb.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "https://api.example.com/", strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range edit {
		e(req)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if data, err := io.ReadAll(resp.Body); err != nil || string(data) != "answer" {
		tb.Errorf("the body is %q, %v", data, err)
	}
	return resp.StatusCode, nil
}

func over(w http.RoundTripper, is ...interceptor.Interceptor) http.RoundTripper {
	return chain.Config{MaxAttempts: 50}.New(is...).Transport(w)
}
