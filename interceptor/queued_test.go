package interceptor_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

var none interceptor.RequestHandler

// causeOf returns the error of a verdict, if it has one.
func causeOf(v interceptor.Verdict) error {
	err, _ := engine.Verdict(v).Value().(error)
	return err
}

// TestQueued_oneAtATime, in the order of arrival.
func TestQueued_oneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order []int
		inside := 0
		q := interceptor.Queued(interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			inside++
			if inside > 1 {
				t.Error("two at a time")
			}
			order = append(order, req.Extra("n").(int))
			<-time.After(time.Second)
			inside--
			return h.Next(req)
		}})
		for n := range 5 {
			go func() {
				req := newRequest(t.Context(), "https://a.example/")
				req.SetExtra("n", n)
				q.OnRequest(req, none)
			}()
			synctest.Wait()
		}
		<-time.After(10 * time.Second)
		for i, n := range order {
			if i != n {
				t.Fatalf("order %v", order)
			}
		}
		if len(order) != 5 {
			t.Errorf("%d came through", len(order))
		}
	})
}

// TestQueued_manyWaiters neither recurses nor loses one. Half of them are canceled, and leave while
// the first is still inside.
func TestQueued_manyWaiters(t *testing.T) {
	t.Parallel()
	const waiters = 100_000
	gate, inside := make(chan struct{}), make(chan struct{})
	served := 0
	q := interceptor.Queued(interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		served++ // alone in here
		if served == 1 {
			close(inside)
			<-gate
		}
		return h.Next(req)
	}})
	staying := newRequest(t.Context(), "https://a.example/").Request
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	leaving := staying.WithContext(ctx)
	var group, left sync.WaitGroup
	group.Go(func() { q.OnRequest(&interceptor.Request{Request: staying}, none) })
	<-inside
	for range waiters / 2 {
		group.Go(func() {
			if v := q.OnRequest(&interceptor.Request{Request: staying}, none); v.String() != "next" {
				t.Errorf("got %v %v", v, causeOf(v))
			}
		})
		left.Go(func() {
			if v := q.OnRequest(&interceptor.Request{Request: leaving}, none); !errors.Is(causeOf(v), context.Canceled) {
				t.Errorf("got %v %v", v, causeOf(v))
			}
		})
	}
	cancel()
	left.Wait()
	close(gate)
	group.Wait()
	if served != 1+waiters/2 {
		t.Errorf("%d served", served)
	}
}

// TestQueued_canceledWaiters leave at once, and their callback never runs.
func TestQueued_canceledWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls atomic.Int32
		q := interceptor.Queued(interceptor.Funcs{
			Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				calls.Add(1)
				<-release
				return h.Next(req)
			},
			Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
				calls.Add(1)
				<-release
				return h.Next(r)
			},
		})
		go q.OnRequest(newRequest(t.Context(), "https://a.example/"), none)
		go q.OnResponse(interceptor.NewResponse(newRequest(t.Context(), "https://a.example/"), 200, nil, nil), interceptor.ResponseHandler{})
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan interceptor.Verdict, 2)
		go func() { left <- q.OnRequest(newRequest(ctx, "https://a.example/"), none) }()
		go func() {
			r := interceptor.NewResponse(newRequest(ctx, "https://a.example/"), http.StatusOK, nil, nil)
			left <- q.OnResponse(r, interceptor.ResponseHandler{})
		}()
		synctest.Wait()
		cancel()
		for range 2 {
			v := <-left
			if v.String() != "reject through: context canceled" || !errors.Is(causeOf(v), context.Canceled) {
				t.Errorf("got %v %v", v, causeOf(v))
			}
		}
		close(release)
		synctest.Wait()
		if n := calls.Load(); n != 2 {
			t.Errorf("%d callbacks ran", n)
		}
	})
}

// TestQueued_canceledBefore: even a free queue does not admit a call whose context has ended.
func TestQueued_canceledBefore(t *testing.T) {
	t.Parallel()
	q := interceptor.Queued(interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		t.Error("it ran")
		return h.Next(req)
	}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // select chooses at random
		if v := q.OnRequest(newRequest(ctx, "https://a.example/"), none); !errors.Is(causeOf(v), context.Canceled) {
			t.Fatalf("got %v %v", v, causeOf(v))
		}
	}
}

// TestQueued_nested fails at once where Dio hangs.
func TestQueued_nested(t *testing.T) {
	t.Parallel()
	for name, nest := range map[string]func(func()){
		"on the same goroutine": func(f func()) { f() },
		"on another goroutine": func(f func()) {
			done := make(chan struct{})
			go func() { defer close(done); f() }()
			<-done
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var q interceptor.Interceptor
			var nested error
			q = interceptor.Queued(interceptor.Funcs{
				Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
					nest(func() {
						nested = causeOf(q.OnRequest(newRequest(req.Context(), "https://a.example/"), none))
					})
					return h.Next(req)
				},
			})
			req := newRequest(t.Context(), "https://a.example/")
			q.OnRequest(req, none)
			if !errors.Is(nested, interceptor.ErrQueueReentered) {
				t.Errorf("got %v", nested)
			}
			// The mark goes with the callback: later calls with the same context may wait as usual.
			if v := q.OnRequest(newRequest(req.Context(), "https://a.example/"), none); v.String() != "next" {
				t.Errorf("afterwards: %v", v)
			}
		})
	}
}

// TestQueued_nestedWithoutContext: a nested call that lost the request's context fails after a
// minute, the callback it was made in returns, and the calls behind it are served.
func TestQueued_nestedWithoutContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var q interceptor.Interceptor
		var nested error
		calls := 0
		q = interceptor.Queued(interceptor.Funcs{
			Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				calls++
				if calls == 1 {
					nested = causeOf(q.OnRequest(newRequest(t.Context(), "https://a.example/"), none))
				}
				return h.Next(req)
			},
		})
		begin := time.Now()
		go q.OnRequest(newRequest(t.Context(), "https://a.example/"), none)
		<-time.After(time.Second)
		if v := q.OnRequest(newRequest(t.Context(), "https://a.example/"), none); v.String() != "next" {
			t.Errorf("the call behind it: %v", v)
		}
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("it took %v", took)
		}
		if !errors.Is(nested, context.DeadlineExceeded) || calls != 2 {
			t.Errorf("got %v, %d calls", nested, calls)
		}
	})
}

// TestQueued_longQueue: a queue that moves serves a call that waits for longer than a minute.
func TestQueued_longQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := interceptor.Queued(interceptor.Funcs{
			Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				<-time.After(40 * time.Second)
				return h.Next(req)
			},
		})
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				if v := q.OnRequest(newRequest(t.Context(), "https://a.example/"), none); v.String() != "next" {
					t.Errorf("got %v", v)
				}
			})
		}
		group.Wait()
	})
}

// TestQueued_onError runs for a canceled context if it is free, and passes on if it is not.
func TestQueued_onError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		calls := 0
		q := interceptor.Queued(interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			calls++
			<-release
			return h.Next(e)
		}})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		go q.OnError(&interceptor.Error{Request: newRequest(ctx, "https://a.example/")}, interceptor.ErrorHandler{})
		synctest.Wait()
		if calls != 1 {
			t.Error("a free OnError must see the cancellation")
		}
		e := &interceptor.Error{Request: newRequest(ctx, "https://a.example/")}
		if v := q.OnError(e, interceptor.ErrorHandler{}); v.String() != "next" || !errors.Is(causeOf(v), e) || calls != 1 {
			t.Errorf("got %v %v", v, causeOf(v))
		}
		close(release)
		synctest.Wait()
		if v := q.OnError(&interceptor.Error{}, interceptor.ErrorHandler{}); v.String() != "next" || calls != 2 {
			t.Errorf("an error made by hand: %v", v)
		}
	})
}

// TestQueued_panic frees the queue.
func TestQueued_panic(t *testing.T) {
	t.Parallel()
	first := true
	q := interceptor.Queued(interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		if first {
			first = false
			panic("mine")
		}
		return h.Next(req)
	}})
	func() {
		defer func() { _ = recover() }()
		q.OnRequest(newRequest(t.Context(), "https://a.example/"), none)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if v := q.OnRequest(newRequest(ctx, "https://a.example/"), none); v.String() != "next" {
		t.Errorf("got %v %v", v, causeOf(v))
	}
}
