package logging_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "hello")
	})
	l, j := newLogging(t, logging.Config{})
	c := restyClient(t, l)
	for range 2 {
		if _, err := c.R().SetBody("umbrella").Post(url + "/orders?page=2&key=s"); err != nil {
			t.Fatal(err)
		}
	}
	list := j.records(t)
	if len(list) != 2 {
		t.Fatalf("%d records:\n%s", len(list), j)
	}
	for i, r := range list {
		want(t, r, map[string]any{
			"level": "INFO", "msg": "response", "method": "POST", "url": url + "/orders?page=2&key=REDACTED", "attempt": 1,
			"status": 201, "proto": "HTTP/1.1", "sent": 8, "received": 5, "reused": i == 1,
			"redirected": nil, "error": nil, "kind": nil, "request_headers": nil, "response_headers": nil,
			"request_body": nil, "response_body": nil, "curl": nil,
		})
		wait, duration := r["wait"].(float64), r["duration"].(float64)
		if wait <= 0 || duration < wait {
			t.Errorf("wait %v, duration %v", wait, duration)
		}
	}
}

// TestLevels: by outcome, or as the user says.
func TestLevels(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
	})
	for path, level := range map[string]string{"/204": "INFO", "/304": "INFO", "/404": "WARN", "/429": "WARN", "/500": "ERROR", "/503": "ERROR"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			l, j := newLogging(t, logging.Config{})
			if _, err := get(t, client(t, l), url+path); err != nil {
				t.Fatal(err)
			}
			want(t, j.only(t), map[string]any{"level": level, "msg": "response"})
		})
	}
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		l, j := newLogging(t, logging.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := restyClient(t, l).R().SetContext(ctx).Get(url + "/200"); err == nil {
			t.Error("no error")
		}
		// Nothing is told of a call that was over before it began.
		if list := j.records(t); len(list) > 1 {
			t.Errorf("%d records", len(list))
		}
		for _, r := range j.records(t) {
			want(t, r, map[string]any{"level": "INFO", "msg": "request failed", "kind": "canceled"})
		}
	})
	t.Run("mine", func(t *testing.T) {
		t.Parallel()
		var outcomes []logging.Outcome
		l, j := newLogging(t, logging.Config{Level: func(o logging.Outcome) slog.Level {
			outcomes = append(outcomes, o)
			return slog.LevelWarn + 1
		}})
		if _, err := get(t, client(t, l), url+"/200"); err != nil {
			t.Fatal(err)
		}
		want(t, j.only(t), map[string]any{"level": "WARN+1"})
		last := outcomes[len(outcomes)-1]
		if last.Status != 200 || last.Attempt != 1 || last.Err != nil || last.Duration <= 0 || last.Kind != interceptor.KindUnknown {
			t.Errorf("got %+v", last)
		}
	})
}

func TestDefaultLevel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		outcome logging.Outcome
		want    slog.Level
	}{
		{logging.Outcome{}, slog.LevelDebug},
		{logging.Outcome{Status: 200}, slog.LevelInfo},
		{logging.Outcome{Status: 400}, slog.LevelWarn},
		{logging.Outcome{Status: 500}, slog.LevelError},
		{logging.Outcome{Err: io.EOF}, slog.LevelError},
		{logging.Outcome{Status: 200, Err: io.ErrUnexpectedEOF}, slog.LevelError},
		{logging.Outcome{Err: context.Canceled, Kind: interceptor.KindCanceled}, slog.LevelInfo},
	} {
		if got := logging.DefaultLevel(c.outcome); got != c.want {
			t.Errorf("%+v: %v, want %v", c.outcome, got, c.want)
		}
	}
}

// TestAttempts: the refused request and the one sent again have a record of their own, and show
// what was sent.
func TestAttempts(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{})
	t.Cleanup(server.Close)
	session, err := auth.New(auth.Config{BaseURL: server.URL, Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: server.Transport()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(context.WithoutCancel(t.Context())) })
	pair := server.Issue("alice")
	if err := session.Login(t.Context(), auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	server.ExpireAccess()
	l, j := newLogging(t, logging.Config{Headers: true, BodyLimit: 1 << 10})
	resp, err := restyClient(t, l, session).R().Get("/me")
	if err != nil || resp.StatusCode() != http.StatusOK {
		t.Fatal(resp, err)
	}
	list := j.records(t)
	if len(list) != 2 {
		t.Fatalf("%d records:\n%s", len(list), j)
	}
	for i, status := range []int{401, 200} {
		want(t, list[i], map[string]any{"attempt": i + 1, "status": status, "url": server.URL + "/me", "error": nil})
		h, ok := list[i]["request_headers"].(map[string]any)
		if !ok || h["Authorization"] != "Bearer REDACTED" {
			t.Errorf("attempt %d: %v", i+1, h)
		}
	}
	want(t, list[0], map[string]any{"response_body": `{"message":"REDACTED"}`, "level": "WARN"})
	want(t, list[1], map[string]any{"response_body": `{"id":"REDACTED","username":"REDACTED"}`, "level": "INFO"})
}

// TestAttempts_recordComesBeforeTheWait, not with the next attempt.
func TestAttempts_recordComesBeforeTheWait(t *testing.T) {
	t.Parallel()
	l, j := newLogging(t, logging.Config{BodyLimit: 100})
	n := 0
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		n++
		if n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"error":"busy"}`)
			return
		}
		want(t, j.only(t), map[string]any{"status": 503, "attempt": 1, "response_body": `{"error":"busy"}`, "received": 16})
	})
	again, err := retry.New(retry.Config{BaseDelay: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, client(t, l, again), url); err != nil {
		t.Fatal(err)
	}
	if list := j.records(t); len(list) != 2 || n != 2 {
		t.Errorf("%d records of %d requests", len(list), n)
	}
}

// TestRedirects: each hop has its record.
func TestRedirects(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/next?code=secret", http.StatusFound)
		}
	})
	l, j := newLogging(t, logging.Config{Headers: true})
	if _, err := get(t, client(t, l), url); err != nil {
		t.Fatal(err)
	}
	list := j.records(t)
	if len(list) != 2 {
		t.Fatalf("%d records", len(list))
	}
	want(t, list[0], map[string]any{"status": 302, "redirected": nil})
	want(t, list[1], map[string]any{"status": 200, "redirected": true, "url": url + "/next?code=REDACTED"})
	if h := list[0]["response_headers"].(map[string]any); h["Location"] != "/next?code=REDACTED" {
		t.Errorf("got %v", h)
	}
}

// TestFailures: of the transport and of interceptors, with one record each.
func TestFailures(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	answer := func(status int) roundTrip {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Proto: "HTTP/1.1", Header: http.Header{}, Body: io.NopCloser(strings.NewReader("x"))}, nil
		}
	}
	funcs := func(f interceptor.Funcs) interceptor.Interceptor { return f }
	for name, c := range map[string]struct {
		base  roundTrip
		other interceptor.Interceptor
		want  []map[string]any
	}{
		"transport": {
			base: func(*http.Request) (*http.Response, error) { return nil, io.EOF },
			want: []map[string]any{{"level": "ERROR", "kind": "connection failed", "error": "EOF", "status": nil, "reused": nil, "received": nil}},
		},
		"rejected before it is sent": {
			base: answer(200),
			other: funcs(interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				return h.Reject(mine, interceptor.Through)
			}}),
			want: []map[string]any{{"kind": "unknown error", "error": "mine", "status": nil}},
		},
		"a good response rejected": {
			base: answer(200),
			other: funcs(interceptor.Funcs{Response: func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
				return h.Reject(mine, interceptor.Through)
			}}),
			want: []map[string]any{{"error": "mine", "status": 200, "received": 0}},
		},
		"a response read and rejected": {
			base: answer(200),
			other: funcs(interceptor.Funcs{Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
				if _, err := io.ReadAll(r.Body); err != nil {
					t.Error(err)
				}
				return h.Reject(mine, interceptor.Through)
			}}),
			want: []map[string]any{{"msg": "response", "status": 200, "received": 1}, {"msg": "request failed", "error": "mine", "status": 200}},
		},
		"a bad status without a word": {
			base: answer(500),
			want: []map[string]any{{"msg": "response", "status": 500, "received": 1, "error": nil}},
		},
		"somebody's response": {
			base: answer(500),
			other: funcs(interceptor.Funcs{Request: func(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				return h.Resolve(interceptor.NewResponse(r, 203, nil, []byte("cache")), interceptor.Through)
			}}),
			want: []map[string]any{{"msg": "response", "status": 203, "received": 5, "reused": nil}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, j := newLogging(t, logging.Config{})
			_, _ = get(t, &http.Client{Transport: chain.New(l, c.other).Transport(c.base)}, "http://127.0.0.1/")
			list := j.records(t)
			if len(list) != len(c.want) {
				t.Fatalf("%d records:\n%s", len(list), j)
			}
			for i, r := range list {
				want(t, r, c.want[i])
			}
		})
	}
}

// TestErrorBeforeIt: an interceptor before it has made an error of a status; there is one record
// with both.
func TestErrorBeforeIt(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	l, j := newLogging(t, logging.Config{Headers: true})
	mine := interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		return h.Next(errors.New("no coffee"))
	}}
	if _, err := get(t, client(t, mine, l), url); err == nil {
		t.Fatal("no error")
	}
	r := j.only(t)
	want(t, r, map[string]any{"msg": "request failed", "status": 418, "error": "no coffee", "kind": "bad response", "proto": "HTTP/1.1"})
	if r["response_headers"] == nil {
		t.Error("no headers")
	}
}

// TestErrorWithoutCause is told by its kind.
func TestErrorWithoutCause(t *testing.T) {
	t.Parallel()
	l, j := newLogging(t, logging.Config{})
	mine := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Reject(&interceptor.Error{Kind: interceptor.KindConnection, Request: req}, interceptor.Through)
	}}
	if _, err := get(t, client(t, l, mine), "http://127.0.0.1/?key=s"); err == nil {
		t.Fatal("no error")
	}
	want(t, j.only(t), map[string]any{"kind": "connection failed", "error": "interceptor: GET http://127.0.0.1/?REDACTED: connection failed"})
}

// TestLongError is cut after it was redacted, or not shown.
func TestLongError(t *testing.T) {
	t.Parallel()
	const token = "9f86d081884c7d659a2feaa0c55ad015"
	for text, shown := range map[string]string{
		strings.Repeat("é", 3000):          strings.Repeat("é", 2048) + "…",
		strings.Repeat("x ", 2044) + token: strings.Repeat("x ", 2044) + "REDACTED",
		strings.Repeat("x ", 2046) + token: strings.Repeat("x ", 2046) + "REDA…",
		strings.Repeat("x", 64<<10+1):      "[65537 bytes]",
	} {
		l, j := newLogging(t, logging.Config{})
		mine := interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			return h.Reject(errors.New(text), interceptor.Through)
		}}
		if _, err := get(t, client(t, l, mine), "http://127.0.0.1/"); err == nil {
			t.Fatal("no error")
		}
		if got := j.only(t)["error"]; got != shown {
			t.Errorf("%.20s: got %v", text, got)
		}
	}
}

// TestRequests adds a record at the beginning.
func TestRequests(t *testing.T) {
	t.Parallel()
	l, j := newLogging(t, logging.Config{Requests: true})
	url := serve(t, func(http.ResponseWriter, *http.Request) {
		want(t, j.only(t), map[string]any{"level": "DEBUG", "msg": "request", "method": "GET", "attempt": 1, "duration": nil, "status": nil})
	})
	if _, err := get(t, client(t, l), url); err != nil {
		t.Fatal(err)
	}
	if list := j.records(t); len(list) != 2 || list[1]["msg"] != "response" {
		t.Errorf("got\n%s", j)
	}
}

// TestContext: attributes for a call, and silence.
func TestContext(t *testing.T) {
	t.Parallel()
	url := serve(t, func(http.ResponseWriter, *http.Request) {})
	ids, err := requestid.New(requestid.Config{})
	if err != nil {
		t.Fatal(err)
	}
	l, j := newLogging(t, logging.Config{Attrs: func(r *interceptor.Request) []slog.Attr {
		return []slog.Attr{slog.String("id", ids.Of(r))}
	}})
	c := restyClient(t, ids, l)
	base := logging.With(requestid.With(t.Context(), "r-1"), slog.String("user", "alice"))
	for _, ctx := range []context.Context{
		logging.With(base, slog.Int("n", 1)),
		logging.With(base, slog.Int("m", 2)),
		logging.Without(base),
	} {
		if _, err := c.R().SetContext(ctx).Get(url); err != nil {
			t.Fatal(err)
		}
	}
	list := j.records(t)
	if len(list) != 2 {
		t.Fatalf("%d records", len(list))
	}
	want(t, list[0], map[string]any{"id": "r-1", "user": "alice", "n": 1, "m": nil})
	want(t, list[1], map[string]any{"id": "r-1", "user": "alice", "n": nil, "m": 2})
}

func TestConcurrently(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	l, j := newLogging(t, logging.Config{Headers: true, BodyLimit: 64, Curl: true, Requests: true})
	c := restyClient(t, l)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			body := map[string]int{"type": i}
			if resp, err := c.R().SetBody(body).Post(url); err != nil || resp.String() != fmt.Sprintf(`{"type":%d}`, i) {
				t.Errorf("got %v, %v", resp, err)
			}
		})
	}
	wg.Wait()
	if n := len(j.records(t)); n != 40 {
		t.Errorf("%d records", n)
	}
}

func TestNew_checks(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{-1, logging.MaxBodyLimit + 1} {
		l, err := logging.New(logging.Config{BodyLimit: limit})
		if l != nil || err == nil || strings.Count(err.Error(), "logging: ") != 2 {
			t.Errorf("got %v, want two problems", err)
		}
	}
	l, _ := newLogging(t, logging.Config{BodyLimit: logging.MaxBodyLimit, Redactor: &redact.Redactor{}})
	if l.String() != "logging" {
		t.Error(l)
	}
}
