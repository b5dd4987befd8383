package logging_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// handler does what it is told when it handles a record.
type handler struct {
	slog.Handler

	enabled func(slog.Level) bool
	handle  func(context.Context, slog.Record) error
}

func (h *handler) Enabled(_ context.Context, l slog.Level) bool {
	return h.enabled == nil || h.enabled(l)
}

func (h *handler) Handle(ctx context.Context, r slog.Record) error { return h.handle(ctx, r) }

func boom() { panic("mine") }

type bomb struct{}

func (bomb) LogValue() slog.Value { boom(); return slog.Value{} }

type bombError struct{}

func (bombError) Error() string { boom(); return "" }

// TestContained asserts that panics and failures of user code do not reach the call.
func TestContained(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	text := slog.New(slog.NewTextHandler(new(journal), nil))
	for name, c := range map[string]logging.Config{
		"handler":           {Logger: slog.New(&handler{handle: func(context.Context, slog.Record) error { boom(); return nil }})},
		"handler's Enabled": {Logger: slog.New(&handler{enabled: func(slog.Level) bool { boom(); return true }})},
		"handler's error":   {Logger: slog.New(&handler{handle: func(context.Context, slog.Record) error { return errors.New("disk full") }})},
		"level":             {Logger: text, Level: func(logging.Outcome) slog.Level { boom(); return 0 }},
		"attributes":        {Logger: text, Attrs: func(*interceptor.Request) []slog.Attr { boom(); return nil }},
		"value":             {Logger: text, Attrs: func(*interceptor.Request) []slog.Attr { return []slog.Attr{slog.Any("v", bomb{})} }},
		"no handler left":   {Logger: slog.New(&handler{})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.Requests, c.Headers, c.BodyLimit, c.Curl = true, true, 100, true
			l, _ := newLogging(t, c)
			resp, err := restyClient(t, l).R().SetBody(map[string]int{"a": 1}).Post(url)
			if err != nil || resp.String() != `{"a":1}` {
				t.Errorf("got %v, %v", resp, err)
			}
			mine := interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				return h.Reject(bombError{}, interceptor.Through)
			}}
			_, err = client(t, l, mine).Transport.RoundTrip(request(t.Context(), t, http.MethodGet, url, nil))
			if !errors.As(err, new(bombError)) {
				t.Error("the error is gone")
			}
		})
	}
}

// TestContained_onlyTheRecordIsLost asserts that after a panic at the start of an attempt, its end
// is logged.
func TestContained_onlyTheRecordIsLost(t *testing.T) {
	t.Parallel()
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	var messages []string
	l, _ := newLogging(t, logging.Config{Requests: true, Logger: slog.New(&handler{handle: func(_ context.Context, r slog.Record) error {
		messages = append(messages, r.Message)
		if len(messages) == 1 {
			boom()
		}
		return nil
	}})})
	if _, err := get(t, client(t, l), url); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(messages, " "); got != "request response" {
		t.Errorf("got %q", got)
	}
}

// TestHandlerThatCalls asserts that a handler that sends its records through the same client causes
// no endless loop.
func TestHandlerThatCalls(t *testing.T) {
	t.Parallel()
	var shipped atomic.Int32
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/logs" {
			shipped.Add(1)
		}
	})
	var c *http.Client
	l, _ := newLogging(t, logging.Config{Logger: slog.New(&handler{handle: func(ctx context.Context, _ slog.Record) error {
		resp, err := c.Do(request(ctx, t, http.MethodPost, url+"/logs", strings.NewReader("record")))
		if err == nil {
			resp.Body.Close()
		}
		return err
	}})})
	c = client(t, l)
	if _, err := get(t, c, url); err != nil {
		t.Fatal(err)
	}
	if n := shipped.Load(); n != 1 {
		t.Errorf("%d records shipped", n)
	}
}

// TestCanceledCall asserts that a handler that respects its context still gets the record of a call
// that was canceled, and the values of its context.
func TestCanceledCall(t *testing.T) {
	t.Parallel()
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
	started := make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	})
	go func() {
		<-started
		cancel()
	}()
	var got error
	var value any
	l, _ := newLogging(t, logging.Config{Logger: slog.New(&handler{handle: func(ctx context.Context, _ slog.Record) error {
		got, value = ctx.Err(), ctx.Value(key{})
		return nil
	}})})
	if _, err := restyClient(t, l).R().SetContext(ctx).Get(url); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got != nil || value != "trace" {
		t.Errorf("context: %v, %v", got, value)
	}
}

// TestDisabled asserts that a disabled logger leaves the call and its body untouched.
func TestDisabled(t *testing.T) {
	t.Parallel()
	above := func(l slog.Level) *slog.Logger {
		return slog.New(slog.NewTextHandler(new(journal), &slog.HandlerOptions{Level: l}))
	}
	for name, c := range map[string]struct {
		logger          *slog.Logger
		request, answer bool // whether they are left alone
	}{
		"nobody listens":      {logger: slog.New(slog.DiscardHandler), request: true, answer: true},
		"nobody would listen": {logger: above(slog.LevelError + 1), answer: true},
		"a failure is heard":  {logger: above(slog.LevelError)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, _ := newLogging(t, logging.Config{Logger: c.logger, Headers: true, BodyLimit: 100})
			body := io.NopCloser(strings.NewReader("x"))
			req := &interceptor.Request{Request: request(t.Context(), t, http.MethodPost, "http://127.0.0.1/", body)}
			before := req.Request
			l.OnRequest(req, interceptor.RequestHandler{})
			resp := interceptor.NewResponse(req, 200, nil, nil)
			resp.Body = body
			l.OnResponse(resp, interceptor.ResponseHandler{})
			if same := req.Request == before; same != c.request {
				t.Errorf("the request is left alone: %v", same)
			}
			if same := resp.Body == body; same != c.answer {
				t.Errorf("the response is left alone: %v", same)
			}
		})
	}
}

// TestDisabled_meanwhile: an attempt that begins after the logger was switched off is not taken for
// the one before.
func TestDisabled_meanwhile(t *testing.T) {
	t.Parallel()
	enabled, n := true, 0
	l, _ := newLogging(t, logging.Config{Logger: slog.New(&handler{
		enabled: func(slog.Level) bool { return enabled },
		handle:  func(context.Context, slog.Record) error { n++; return nil },
	})})
	var call engine.Call
	req := interceptor.Request{Request: request(t.Context(), t, http.MethodGet, "http://127.0.0.1/", nil), Call: &call}
	l.OnRequest(&req, interceptor.RequestHandler{})
	enabled = false
	l.OnRequest(&req, interceptor.RequestHandler{})
	enabled = true
	l.OnResponse(interceptor.NewResponse(&req, 200, nil, nil), interceptor.ResponseHandler{})
	if n != 0 {
		t.Errorf("%d records", n)
	}
}

// TestOnlyFailures: with the level at Error a body that breaks off is told, without what has not
// been noted before.
func TestOnlyFailures(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	})
	j := new(journal)
	l, _ := newLogging(t, logging.Config{
		Logger:  slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelError})),
		Headers: true,
	})
	ctx := logging.With(t.Context(), slog.String("user", "alice"))
	resp, err := client(t, l).Do(request(ctx, t, http.MethodGet, url, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	want(t, j.only(t), map[string]any{"msg": "request failed", "status": 200, "url": url, "user": "alice", "request_headers": nil})
}

// TestByHand asserts that callbacks out of order, and errors that no chain made, do no harm.
func TestByHand(t *testing.T) {
	t.Parallel()
	l, j := newLogging(t, logging.Config{})
	if v := l.OnError(&interceptor.Error{}, interceptor.ErrorHandler{}); v.String() != "next" {
		t.Error(v)
	}
	if v := l.OnResponse(&interceptor.Response{}, interceptor.ResponseHandler{}); v.String() != "next" {
		t.Error(v)
	}
	if v := l.OnResponse(&interceptor.Response{Request: &interceptor.Request{}}, interceptor.ResponseHandler{}); v.String() != "next" {
		t.Error(v)
	}
	if j.String() != "" {
		t.Error(j)
	}
	var call engine.Call
	req := interceptor.Request{Request: request(t.Context(), t, "", "http://127.0.0.1/", nil), Call: &call}
	req.Method = ""
	l.OnRequest(&req, interceptor.RequestHandler{})
	l.OnRequest(&req, interceptor.RequestHandler{}) // an earlier interceptor had it sent again
	resp := interceptor.NewResponse(&req, 200, nil, []byte("hello"))
	l.OnResponse(resp, interceptor.ResponseHandler{})
	l.OnResponse(interceptor.NewResponse(&req, 201, nil, nil), interceptor.ResponseHandler{})
	l.OnRequest(&req, interceptor.RequestHandler{}) // the body has not been read
	want(t, j.only(t), map[string]any{"method": "GET", "status": 200, "received": 0})
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Error(err)
	}
	j.only(t)
}
