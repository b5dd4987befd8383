package interceptor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
)

// ErrQueueReentered is the error of a call made inside a [Queued] callback that would have to wait for that same callback.
var ErrQueueReentered = errors.New("interceptor: a queued callback made a call that waits for the same callback; " +
	"send it with a client that does not have this interceptor")

// Queued returns an interceptor that runs each of the three callbacks of in for one call at a time, in the order of
// arrival; the three do not wait for each other. It is Dio's QueuedInterceptor without its traps:
//
//   - a call stops waiting when its context ends, and its callback is skipped; the context's error goes through
//     OnError like any other (an OnError that nobody occupies runs even then, to see the cancellation);
//   - a call made inside a queued callback that would wait for the same callback fails at once with
//     [ErrQueueReentered], if it is made on the same goroutine or with a context derived from the request's;
//   - any number of calls may wait, and a panic frees the queue.
//
// Only the callbacks are serialized, not the sends: the next OnRequest runs while the first request is on the wire.
func Queued(in Interceptor) Interceptor { //nolint:iface // callers need nothing but the contract
	return &queued{in: in, request: newQueue(), response: newQueue(), failure: newQueue()}
}

type queued struct {
	in                         Interceptor
	request, response, failure *queue
}

// Unwrap returns the interceptor that is queued.
func (q *queued) Unwrap() Interceptor { return q.in }

// String names the interceptor in errors.
func (q *queued) String() string { return fmt.Sprintf("Queued(%T)", q.in) }

// OnRequest runs the queued OnRequest when its turn comes.
func (q *queued) OnRequest(req *Request, h RequestHandler) Verdict {
	leave, err := q.request.enter(req)
	if err != nil {
		return h.Reject(err, Through)
	}
	defer leave()
	return q.in.OnRequest(req, h)
}

// OnResponse runs the queued OnResponse when its turn comes.
func (q *queued) OnResponse(resp *Response, h ResponseHandler) Verdict {
	leave, err := q.response.enter(resp.Request)
	if err != nil {
		return h.Reject(err, Through)
	}
	defer leave()
	return q.in.OnResponse(resp, h)
}

// OnError runs the queued OnError when its turn comes.
func (q *queued) OnError(e *Error, h ErrorHandler) Verdict {
	req := e.Request
	if req == nil || req.Request == nil { // an Error made by hand
		req = &Request{Request: new(http.Request)}
	}
	leave, free := q.failure.enterIfFree(req)
	if !free {
		var err error
		if leave, err = q.failure.enter(req); errors.Is(err, ErrQueueReentered) {
			return h.Next(err)
		} else if err != nil {
			return h.Next(e)
		}
	}
	defer leave()
	return q.in.OnError(e, h)
}

// queue lets one callback in at a time. The slot is a channel because the runtime serves its waiters first come, first
// served, and because select can wait for it and a context at once.
type queue struct {
	slot   chan struct{}
	holder atomic.Uint64 // goroutine inside, 0 if none
}

func newQueue() *queue { return &queue{slot: make(chan struct{}, 1)} }

// visit marks the context of a request whose callback is running.
type visit struct{ inside atomic.Bool }

// enter waits for the slot until the request's context ends.
func (q *queue) enter(req *Request) (leave func(), err error) {
	ctx := req.Context()
	if v, ok := ctx.Value(q).(*visit); ok && v.inside.Load() || q.holder.Load() == goroutine() {
		return nil, ErrQueueReentered
	}
	select {
	case q.slot <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if ctx.Err() != nil { // both were ready, and select chose the slot
		<-q.slot
		return nil, context.Cause(ctx)
	}
	return q.occupy(req), nil
}

// enterIfFree takes the slot if nobody has it, whatever the context says.
func (q *queue) enterIfFree(req *Request) (leave func(), ok bool) {
	select {
	case q.slot <- struct{}{}:
		return q.occupy(req), true
	default:
		return nil, false
	}
}

func (q *queue) occupy(req *Request) (leave func()) {
	v := new(visit)
	v.inside.Store(true)
	q.holder.Store(goroutine())
	req.Request = req.WithContext(context.WithValue(req.Context(), q, v))
	return func() {
		v.inside.Store(false)
		q.holder.Store(0)
		<-q.slot
	}
}
