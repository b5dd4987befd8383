package retry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// TestOnError_whatIsRepeated is the table of the package comment.
func TestOnError_whatIsRepeated(t *testing.T) {
	t.Parallel()
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "k") }
	blank := func(r *http.Request) { r.Header.Set("Idempotency-Key", "") }
	opaque := func(r *http.Request) { r.GetBody = nil }
	with := func(f func(context.Context) context.Context) func(*http.Request) {
		return func(r *http.Request) { *r = *r.WithContext(f(r.Context())) }
	}
	bad := func(status int) line { return line{status: status} }
	for _, c := range []struct {
		name   string
		fails  line
		method string
		edit   func(*http.Request)
		config retry.Config
		sends  int
	}{
		{name: "408", fails: bad(408), sends: 2},
		{name: "429", fails: bad(429), sends: 2},
		{name: "502", fails: bad(502), sends: 2},
		{name: "503", fails: bad(503), sends: 2},
		{name: "504", fails: bad(504), sends: 2},
		{name: "400", fails: bad(400), sends: 1},
		{name: "401", fails: bad(401), sends: 1},
		{name: "404", fails: bad(404), sends: 1},
		{name: "500", fails: bad(500), sends: 1},
		{name: "501", fails: bad(501), sends: 1},
		{name: "500 by configuration", fails: bad(500), config: retry.Config{Statuses: []int{500}}, sends: 2},
		{name: "503 by configuration not", fails: bad(503), config: retry.Config{Statuses: []int{500}}, sends: 1},
		{name: "reset", fails: line{err: errReset}, sends: 2},
		{name: "end of file", fails: line{err: io.EOF}, sends: 2},
		{name: "dial", fails: line{err: errDial}, sends: 2},
		{name: "timeout of the transport", fails: line{err: timeout{}}, sends: 2},
		{name: "somebody's error", fails: line{err: errors.New("mine")}, sends: 1},
		{name: "canceled", fails: line{err: context.Canceled}, sends: 1},

		{name: "HEAD", method: http.MethodHead, fails: bad(503), sends: 2},
		{name: "OPTIONS", method: http.MethodOptions, fails: bad(503), sends: 2},
		{name: "TRACE", method: http.MethodTrace, fails: bad(503), sends: 2},
		{name: "PUT", method: http.MethodPut, fails: bad(503), sends: 2},
		{name: "DELETE", method: http.MethodDelete, fails: bad(503), sends: 2},
		{name: "POST", method: http.MethodPost, fails: bad(503), sends: 1},
		{name: "PATCH", method: http.MethodPatch, fails: line{err: errReset}, sends: 1},
		{name: "no method is GET", edit: func(r *http.Request) { r.Method = "" }, fails: bad(503), sends: 2},
		{name: "POST with a key", method: http.MethodPost, edit: key, fails: bad(503), sends: 2},
		{name: "POST with an empty key", method: http.MethodPost, edit: blank, fails: bad(503), sends: 1},
		{name: "POST with another header", method: http.MethodPost, edit: key, fails: bad(503), config: retry.Config{IdempotencyHeader: "x-key"}, sends: 1},
		{name: "POST by configuration", method: http.MethodPost, fails: bad(503), config: retry.Config{Methods: []string{"POST"}}, sends: 2},
		{name: "GET by configuration not", fails: bad(503), config: retry.Config{Methods: []string{"POST"}}, sends: 1},
		{name: "POST that found no connection", method: http.MethodPost, fails: line{err: errDial}, sends: 2},
		{name: "POST that found no address", method: http.MethodPost, fails: line{err: errLookup}, sends: 2},
		{name: "POST that timed out while connecting", method: http.MethodPost, fails: line{err: errors.Join(timeout{}, errDial)}, sends: 2},
		{name: "POST that timed out", method: http.MethodPost, fails: line{err: timeout{}}, sends: 1},
		{name: "a body that cannot be replayed", method: http.MethodPut, edit: opaque, fails: bad(503), sends: 1},

		{name: "never", edit: with(retry.Never), fails: bad(503), sends: 1},
		{name: "always", method: http.MethodPost, edit: with(retry.Always), fails: bad(503), sends: 2},
		{name: "always what may pass", method: http.MethodPost, edit: with(retry.Always), fails: bad(400), sends: 1},
		{name: "always undoes never", edit: with(func(ctx context.Context) context.Context { return retry.Always(retry.Never(ctx)) }), fails: bad(503), sends: 2},

		{name: "predicate", fails: bad(418), config: retry.Config{ShouldRetry: func(e *interceptor.Error) bool { return e.Response.StatusCode == http.StatusTeapot }}, sends: 2},
		{name: "predicate replaces the default", fails: bad(503), config: retry.Config{ShouldRetry: func(*interceptor.Error) bool { return false }}, sends: 1},
		{name: "predicate for a failure", fails: line{err: errors.New("mine")}, config: retry.Config{ShouldRetry: func(*interceptor.Error) bool { return true }}, sends: 2},
		{name: "predicate does not make POST safe", method: http.MethodPost, fails: bad(503), config: retry.Config{ShouldRetry: func(*interceptor.Error) bool { return true }}, sends: 1},
		{name: "switched off", fails: bad(503), config: retry.Config{MaxRetries: -1}, sends: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{script: []line{c.fails, {status: 200}}}
				method := c.method
				if method == "" {
					method = http.MethodGet
				}
				edit := c.edit
				if edit == nil {
					edit = func(*http.Request) {}
				}
				status, err := send(t.Context(), t, over(w, newRetry(t, c.config)), method, "body", edit)
				if n := w.count(); n != c.sends {
					t.Fatalf("%d sends, want %d", n, c.sends)
				}
				switch {
				case c.sends == 2 && (status != 200 || err != nil):
					t.Errorf("got %d, %v", status, err)
				case c.sends == 1 && (status != c.fails.status || !errors.Is(err, c.fails.err)):
					t.Errorf("got %d, %v, want the failure as it was", status, err)
				}
				for _, body := range w.sent {
					if body != "body" {
						t.Errorf("sent %q", body)
					}
				}
			})
		})
	}
}

// TestOnError_decided asserts that an error that an interceptor decided on is not repeated,
// wherever the interceptor stands.
func TestOnError_decided(t *testing.T) {
	t.Parallel()
	mine := fmt.Errorf("mine: %w", errReset) // looks like a failed connection
	reject := &interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Reject(mine, interceptor.Through)
	}}
	replace := &interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		return h.Next(mine)
	}}
	explain := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		return h.Next(&interceptor.Error{Kind: interceptor.KindConnection, Request: e.Request, Response: e.Response, Err: mine})
	}}
	annotate := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		e.Err = mine
		return h.Next(e)
	}}
	refuse := &interceptor.Funcs{Response: func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		return h.Reject(mine, interceptor.Through)
	}}
	for _, c := range []struct {
		name   string
		before interceptor.Interceptor
		after  interceptor.Interceptor
		wire   line
		sends  int
	}{
		{name: "rejected before it", before: reject, wire: line{status: 200}},
		{name: "rejected behind it", after: reject, wire: line{status: 200}},
		{name: "a status replaced", before: replace, wire: line{status: 503}, sends: 1},
		{name: "a status explained", before: explain, wire: line{status: 503}, sends: 1},
		{name: "a status annotated", before: annotate, wire: line{status: 503}, sends: 1},
		{name: "a failure replaced", before: replace, wire: line{err: io.EOF}, sends: 1},
		{name: "a response refused before it", before: refuse, wire: line{status: 200}, sends: 1},
		{name: "a response refused behind it", after: refuse, wire: line{status: 200}, sends: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &wire{script: []line{c.wire}}
			if _, err := send(t.Context(), t, over(w, c.before, newRetry(t, retry.Config{}), c.after), http.MethodGet, ""); !errors.Is(err, errReset) {
				t.Errorf("got %v", err)
			}
			if n := w.count(); n != c.sends {
				t.Errorf("%d sends, want %d", n, c.sends)
			}
		})
	}
}

// TestOnError_chainOverChain asserts that the errors of an inner chain keep the judgment of that
// chain.
func TestOnError_chainOverChain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		below interceptor.Interceptor
		sends int
	}{
		"natural": {below: interceptor.Base{}, sends: 2},
		"decided": {sends: 1, below: interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Next(fmt.Errorf("mine: %w", errReset))
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{script: []line{{err: errReset}, {status: 200}}}
				_, err := send(t.Context(), t, over(over(w, c.below), newRetry(t, retry.Config{})), http.MethodGet, "")
				if w.count() != c.sends || (err == nil) != (c.sends == 2) {
					t.Errorf("%d sends, %v", w.count(), err)
				}
			})
		})
	}
}

// TestOnError_bounds asserts that a call is repeated MaxRetries times, or less often if the chain
// bounds it.
func TestOnError_bounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ retries, attempts, sends int }{
		{retries: 0, attempts: 50, sends: 4},
		{retries: 1, attempts: 50, sends: 2},
		{retries: 8, attempts: 50, sends: 9},
		{retries: 8, attempts: 3, sends: 3},
	} {
		t.Run(fmt.Sprintf("retries=%d/attempts=%d", c.retries, c.attempts), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := statuses(503)
				rt := chain.Config{MaxAttempts: c.attempts}.New(newRetry(t, retry.Config{MaxRetries: c.retries})).Transport(w)
				if status, err := send(t.Context(), t, rt, http.MethodGet, ""); status != 503 || err != nil || w.count() != c.sends {
					t.Errorf("got %d, %v, %d sends, want %d", status, err, w.count(), c.sends)
				}
			})
		})
	}
}

// TestOnError_canceled while it waits: the call ends at once, with the context's error.
func TestOnError_canceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		gone := errors.New("the user left")
		time.AfterFunc(3*time.Second, func() { cancel(gone) })
		w := &wire{script: []line{{status: 503, retryAfter: "20"}}}
		began := time.Now()
		_, err := send(ctx, t, over(w, newRetry(t, retry.Config{})), http.MethodGet, "")
		if !errors.Is(err, context.Canceled) || !errors.Is(err, gone) || w.count() != 1 || time.Since(began) != 3*time.Second {
			t.Errorf("got %v after %v and %d sends", err, time.Since(began), w.count())
		}
	})
}

// TestOnError_byHand asserts that errors that no chain made are passed on.
func TestOnError_byHand(t *testing.T) {
	t.Parallel()
	i := newRetry(t, retry.Config{})
	for _, e := range []*interceptor.Error{
		{Kind: interceptor.KindConnection},
		{Kind: interceptor.KindConnection, Request: &interceptor.Request{}},
		{Kind: interceptor.KindConnection, Request: &interceptor.Request{Request: &http.Request{}}},
	} {
		if v := i.OnError(e, interceptor.ErrorHandler{}); v != (interceptor.ErrorHandler{}).Next(e) {
			t.Errorf("%v: %v", e, v)
		}
	}
	if v := i.OnResponse(interceptor.NewResponse(nil, 200, nil, nil), interceptor.ResponseHandler{}); v.String() != "next" {
		t.Errorf("response: %v", v)
	}
	if i.String() != "retry" {
		t.Error(i)
	}
}

// TestOnError_missedTheBeginning: a call whose OnRequest came to somebody else's end is repeated
// all the same.
func TestOnError_missedTheBeginning(t *testing.T) {
	t.Parallel()
	i := newRetry(t, retry.Config{MaxElapsed: -1})
	w := &wire{script: []line{{status: 503}, {status: 200}}}
	synctest.Test(t, func(t *testing.T) {
		if status, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); status != 200 || err != nil {
			t.Errorf("got %d, %v", status, err)
		}
	})
}

func TestNew_checks(t *testing.T) {
	t.Parallel()
	nan := func() float64 { zero := 0.0; return zero / zero }()
	_, err := retry.New(retry.Config{
		BaseDelay: -1, MaxDelay: -1, Statuses: []int{42}, Methods: []string{""},
		ShouldRetry: retry.Transient, Budget: retry.Budget{PerSecond: nan},
	})
	if err == nil || strings.Count(err.Error(), "retry: ") != 6 {
		t.Errorf("got %v, want six problems", err)
	}
	for name, c := range map[string]retry.Config{
		"MaxDelay below BaseDelay":   {BaseDelay: time.Second, MaxDelay: time.Millisecond},
		"a budget switched off half": {Budget: retry.Budget{Burst: -1, PerSuccess: 1}},
	} {
		if i, err := retry.New(c); err == nil || i != nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestNew_copies what the caller may change later.
func TestNew_copies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		list, methods := []int{503}, []string{"GET"}
		i := newRetry(t, retry.Config{Statuses: list, Methods: methods})
		list[0], methods[0] = 400, "POST"
		w := statuses(503, 200)
		if status, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); status != 200 || err != nil {
			t.Errorf("got %d, %v", status, err)
		}
	})
}
