package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// Dio's tests that need more than one call, or a call inside a call. What fits into a table is in
// testdata/trace, whose index lists them all.

// get sends one request through t and returns the body of the answer.
func get(ctx context.Context, t http.RoundTripper, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example.com"+path, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := t.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return string(data), err
}

// echo answers with the path, and the header X-Token behind it.
func echo(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	text := r.URL.Path + r.Header.Get("X-Token")
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r,
	}, nil
}

// TestDio_callInsideACall: an interceptor may use the client it hangs on, for another request.
func TestDio_callInsideACall(t *testing.T) {
	t.Parallel()
	var client http.RoundTripper
	in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		switch req.URL.Path {
		case "/forwarded":
			inner, err := get(req.Context(), client, "/test")
			if err != nil {
				return h.Reject(err)
			}
			return h.Resolve(interceptor.NewResponse(req, http.StatusOK, nil, []byte(inner)))
		case "/signed":
			token, err := get(req.Context(), client, "/token")
			if err != nil {
				return h.Reject(err)
			}
			req.Header.Set("X-Token", token)
		}
		return h.Next(req)
	}}
	client = chain.New(in).Transport(roundTrip(echo))
	for path, want := range map[string]string{"/forwarded": "/test", "/signed": "/signed/token"} {
		if got, err := get(t.Context(), client, path); err != nil || got != want {
			t.Errorf("%s: got %q, %v", path, got, err)
		}
	}
}

// TestDio_sharedError: one failure may be the answer to many calls at once.
func TestDio_sharedError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &interceptor.Error{Kind: interceptor.KindConnection, Err: errors.New("down")}
		sends, requests := 0, 0
		failed := make(chan struct{})
		in := &interceptor.Funcs{
			Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				requests++
				if requests == 1 {
					return h.Next(req)
				}
				<-failed
				return h.Reject(shared)
			},
			Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
				close(failed)
				return h.Reject(shared)
			},
		}
		gate := make(chan struct{})
		client := chain.New(in).Transport(roundTrip(func(*http.Request) (*http.Response, error) {
			sends++
			<-gate
			return nil, shared.Err
		}))
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := get(t.Context(), client, "/test")
				errs <- err
			}()
			synctest.Wait()
		}
		close(gate)
		for range 2 {
			err := <-errs
			e, ok := errors.AsType[*interceptor.Error](err)
			if !ok || !errors.Is(err, shared) || e.Request == nil {
				t.Errorf("got %v", err)
			}
		}
		if requests != 2 || sends != 1 || shared.Request != nil {
			t.Errorf("%d requests, %d sends; the shared error was changed: %v", requests, sends, shared.Request != nil)
		}
	})
}

// TestDio_cancelReachesEveryOnError, plain and queued, of every call with that context, and keeps
// its first cause. (A queued OnError that is busy with one call is not waited for by another that
// is canceled.)
func TestDio_cancelReachesEveryOnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var heard atomic.Int32
		in := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if e.Kind == interceptor.KindCanceled {
				heard.Add(1)
			}
			return h.Next(e)
		}}
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, context.Cause(r.Context()) // as net/http does
		})
		plain := chain.New(in).Transport(base)
		both := chain.New(in, interceptor.Queued(in)).Transport(base)
		first := errors.New("first")
		ctx, cancel := context.WithCancelCause(t.Context())
		errs := make(chan error, 3)
		for _, client := range []http.RoundTripper{plain, plain, both} {
			go func() {
				_, err := get(ctx, client, "/test")
				errs <- err
			}()
		}
		synctest.Wait()
		cancel(first)
		cancel(errors.New("second"))
		for range 3 {
			if err := <-errs; !errors.Is(err, first) || !errors.Is(err, context.Canceled) || interceptor.KindOf(err) != interceptor.KindCanceled {
				t.Errorf("got %v", err)
			}
		}
		if n := heard.Load(); n != 4 {
			t.Errorf("OnError heard of it %d times, want 4", n)
		}
	})
}

// TestDio_queuedFetchesOnce: three calls at once, one token.
func TestDio_queuedFetchesOnce(t *testing.T) {
	t.Parallel()
	other := chain.New().Transport(roundTrip(echo))
	fetched, token := 0, ""
	in := interceptor.Queued(&interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		if token == "" {
			fetched++
			var err error
			if token, err = get(req.Context(), other, "/token"); err != nil {
				return h.Reject(err)
			}
		}
		req.Header.Set("X-Token", token)
		return h.Next(req)
	}})
	client := chain.New(in).Transport(roundTrip(echo))
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if got, err := get(t.Context(), client, "/me"); err != nil || got != "/me/token" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	group.Wait()
	if fetched != 1 {
		t.Errorf("fetched %d times", fetched)
	}
}

// TestDio_queuedRefreshesOnce: three calls meet a 401, one refreshes, all are sent again.
func TestDio_queuedRefreshesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var token atomic.Pointer[string]
		token.Store(new(string))
		refreshes := 0
		in := interceptor.Queued(&interceptor.Funcs{
			Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				req.Header.Set("X-Token", *token.Load())
				return h.Next(req)
			},
			Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
				if e.Request.Header.Get("X-Token") == *token.Load() {
					refreshes++
					token.Store(new("good"))
				}
				return h.Retry(0)
			},
		})
		client := chain.New(in).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
			<-time.After(300 * time.Millisecond)
			if r.Header.Get("X-Token") != "good" {
				return answering(http.StatusUnauthorized)(r)
			}
			return echo(r)
		}))
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				if got, err := get(t.Context(), client, "/me"); err != nil || got != "/megood" {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
		group.Wait()
		if refreshes != 1 {
			t.Errorf("%d refreshes", refreshes)
		}
	})
}

// scriptedPhase is an interceptor that does something in one phase.
func scriptedPhase(p engine.Phase, do func(context.Context) error) interceptor.Interceptor {
	in := new(interceptor.Funcs)
	switch p {
	case engine.OnRequest:
		in.Request = func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			if err := do(req.Context()); err != nil {
				return h.Reject(err)
			}
			return h.Next(req)
		}
	case engine.OnResponse:
		in.Response = func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			if err := do(r.Request.Context()); err != nil {
				return h.Reject(err)
			}
			return h.Next(r)
		}
	default:
		in.Error = func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if err := do(e.Request.Context()); err != nil {
				return h.Reject(err)
			}
			return h.Resolve(interceptor.NewResponse(e.Request, http.StatusOK, nil, []byte("resolved")))
		}
	}
	return in
}

// onTheWayTo is a transport whose answers lead to the phase.
func onTheWayTo(p engine.Phase) roundTrip {
	if p == engine.OnError {
		return answering(http.StatusNotFound)
	}
	return answering(http.StatusOK)
}

func phases() []engine.Phase {
	return []engine.Phase{engine.OnRequest, engine.OnResponse, engine.OnError}
}

// TestDio_queuedActiveIsCanceled: the call whose callback is running is canceled; the one behind it
// goes on.
func TestDio_queuedActiveIsCanceled(t *testing.T) {
	t.Parallel()
	for _, p := range phases() {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				client := chain.New(interceptor.Queued(scriptedPhase(p, func(ctx context.Context) error {
					n++
					if n > 1 {
						return nil
					}
					<-ctx.Done() // five seconds of work that minds its context
					return ctx.Err()
				}))).Transport(onTheWayTo(p))
				ctx, cancel := context.WithCancel(t.Context())
				a, b := make(chan error, 1), make(chan error, 1)
				go func() { _, err := get(ctx, client, "/a"); a <- err }()
				synctest.Wait()
				go func() { _, err := get(t.Context(), client, "/b"); b <- err }()
				synctest.Wait()
				cancel()
				if err := <-a; interceptor.KindOf(err) != interceptor.KindCanceled {
					t.Errorf("A: %v", err)
				}
				if err := <-b; err != nil {
					t.Errorf("B: %v", err)
				}
			})
		})
	}
}

// TestDio_queuedPanic: the first call panics in each phase, the second one is served.
func TestDio_queuedPanic(t *testing.T) {
	t.Parallel()
	for _, p := range phases() {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				client := chain.New(interceptor.Queued(scriptedPhase(p, func(context.Context) error {
					<-time.After(time.Second)
					n++
					if n == 1 {
						panic("Oops")
					}
					return nil
				}))).Transport(onTheWayTo(p))
				panicked, served := make(chan any, 1), make(chan error, 1)
				go func() {
					defer func() { panicked <- recover() }()
					_, _ = get(t.Context(), client, "/a")
				}()
				synctest.Wait()
				go func() { _, err := get(t.Context(), client, "/b"); served <- err }()
				if v := <-panicked; v != "Oops" {
					t.Errorf("got %v", v)
				}
				if err := <-served; err != nil || n != 2 {
					t.Errorf("got %v, %d callbacks", err, n)
				}
			})
		})
	}
}

// TestDio_queuedPhases do not wait for each other: the second call's OnRequest runs while the first
// is on the wire.
func TestDio_queuedPhases(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var trace []string
		note := func(format string, req *interceptor.Request) {
			mu.Lock()
			defer mu.Unlock()
			trace = append(trace, fmt.Sprintf(format, req.URL.Path[1:]))
		}
		client := chain.New(interceptor.Queued(&interceptor.Funcs{
			Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				note(">%s", req)
				<-time.After(10 * time.Second)
				note("<%s", req)
				return h.Next(req)
			},
			Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
				note("R>%s", r.Request)
				<-time.After(15 * time.Second)
				note("R<%s", r.Request)
				return h.Next(r)
			},
		})).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
			<-time.After(time.Second)
			return echo(r)
		}))
		var group sync.WaitGroup
		for n := range 3 {
			group.Go(func() {
				if _, err := get(t.Context(), client, fmt.Sprintf("/%d", n+1)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		group.Wait()
		// <1 and >2 are at the same instant, as are R<1 and R>2, so sort what cannot be told apart.
		got := strings.Join(trace, " ")
		for _, swap := range [][2]string{{">2 <1", "<1 >2"}, {">3 <2", "<2 >3"}} {
			got = strings.ReplaceAll(got, swap[0], swap[1])
		}
		if want := ">1 <1 >2 R>1 <2 >3 R<1 R>2 <3 R<2 R>3 R<3"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// TestDio_queuedNested is the table of Dio's deadlocks: a call through the same chain from inside a
// queued callback. Where Dio hangs, the inner call fails at once and says why.
func TestDio_queuedNested(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		phase engine.Phase
		inner int // status of the inner call
		want  bool
	}{
		"in OnRequest":                        {engine.OnRequest, http.StatusOK, false},
		"in OnResponse":                       {engine.OnResponse, http.StatusOK, false},
		"in OnResponse, the inner call fails": {engine.OnResponse, http.StatusNotFound, true},
		"in OnError":                          {engine.OnError, http.StatusOK, true},
		"in OnError, the inner call fails":    {engine.OnError, http.StatusNotFound, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var client http.RoundTripper
				base := roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.URL.Path == "/inner" {
						return answering(test.inner)(r)
					}
					return onTheWayTo(test.phase)(r)
				})
				var inner error
				nested := 0
				client = chain.New(interceptor.Queued(scriptedPhase(test.phase, func(ctx context.Context) error {
					nested++
					_, inner = get(ctx, client, "/inner")
					return nil
				}))).Transport(base)
				if _, err := get(t.Context(), client, "/outer"); err != nil {
					t.Error(err)
				}
				if reentered := errors.Is(inner, interceptor.ErrQueueReentered); reentered == test.want || nested != 1 {
					t.Errorf("the inner call: %v; %d callbacks", inner, nested)
				}
			})
		})
	}
}

// TestDio_snapshot: a call keeps the interceptors it started with.
func TestDio_snapshot(t *testing.T) {
	t.Parallel()
	var c *chain.Chain
	var seen []string
	late := &interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			seen = append(seen, "late"+req.URL.Path)
			return h.Next(req)
		},
	}
	early := new(interceptor.Funcs)
	early.Request = func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		c.Use(late)
		c.Remove(early)
		return h.Next(req)
	}
	early.Response = func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		seen = append(seen, "early"+r.Request.URL.Path)
		return h.Next(r)
	}
	c = chain.New(early)
	client := c.Transport(roundTrip(echo))
	for _, path := range []string{"/1", "/2"} {
		if _, err := get(t.Context(), client, path); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"early/1", "late/2"}; !slices.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
}
