package interceptor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// ErrQueueReentered is the error of a call made inside a [Queued] callback that would have to wait
// for that same callback.
var ErrQueueReentered = errors.New("interceptor: a queued callback made a call that waits for " +
	"the same callback; send it with a client that does not have this interceptor")

// queueLimit is how long a call waits in a queue in which nothing moves.
const queueLimit = time.Minute

// Queued returns an interceptor that runs each of the three callbacks of in for one call at a time,
// in the order of arrival. It is Dio's QueuedInterceptor without its traps:
//
//   - a call stops waiting when its context ends, and its callback is skipped; the context's error
//     goes through OnError like any other (if OnError is free it runs even then);
//   - a call made inside a queued callback that would wait for the same callback fails at once with
//     [ErrQueueReentered], if it is made with a context derived from the request's;
//   - a call that waits for one minute while the same callback stays inside fails, too, with an
//     error that matches [context.DeadlineExceeded]: so a call made inside a callback without the
//     request's context frees the queue after that time, and a callback that never returns blocks
//     no call for longer;
//   - any number of calls may wait, and a panic frees the queue.
//
// Only the callbacks are serialized, not the sends: the next OnRequest runs while the first request
// is on the wire. There are three queues, and one call's OnRequest may run beside another's
// OnError: state that two callbacks share needs a lock of its own, or an atomic value. Where one
// callback must see all calls alone, keep the state in that callback.
func Queued(in Interceptor) Interceptor {
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
	v, err := q.request.enter(req)
	if err != nil {
		return h.Reject(err, Through)
	}
	defer q.request.leave(v)
	return q.in.OnRequest(req, h)
}

// OnResponse runs the queued OnResponse when its turn comes.
func (q *queued) OnResponse(resp *Response, h ResponseHandler) Verdict {
	v, err := q.response.enter(resp.Request)
	if err != nil {
		return h.Reject(err, Through)
	}
	defer q.response.leave(v)
	return q.in.OnResponse(resp, h)
}

// OnError runs the queued OnError when its turn comes.
func (q *queued) OnError(e *Error, h ErrorHandler) Verdict {
	req := e.Request
	if req == nil || req.Request == nil { // an Error made by hand
		req = &Request{Request: new(http.Request)}
	}
	v := q.failure.enterIfFree(req)
	if v == nil {
		var err error
		switch v, err = q.failure.enter(req); {
		case err == nil:
		case req.Context().Err() != nil && !errors.Is(err, ErrQueueReentered):
			return h.Next(e) // e is the cancellation; that there was a queue does not matter
		default:
			return h.Next(err)
		}
	}
	defer q.failure.leave(v)
	return q.in.OnError(e, h)
}

// queue lets one callback in at a time. The slot is a channel because the runtime serves its
// waiters first come, first served, and because select can wait for it and a context at once.
type queue struct {
	slot  chan struct{}
	turns atomic.Uint64 // callbacks let in so far
}

func newQueue() *queue { return &queue{slot: make(chan struct{}, 1)} }

// visit marks the context of a request whose callback is running.
type visit struct{ inside atomic.Bool }

// enter waits for the slot until the request's context ends, or nothing moves.
func (q *queue) enter(req *Request) (*visit, error) {
	ctx := req.Context()
	if v, ok := ctx.Value(q).(*visit); ok && v.inside.Load() {
		return nil, ErrQueueReentered
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if v := q.enterIfFree(req); v != nil {
		return v, nil
	}
	if err := q.wait(ctx); err != nil {
		return nil, err
	}
	return q.occupy(req), nil
}

// enterIfFree takes the slot if it is free, whatever the context says.
func (q *queue) enterIfFree(req *Request) *visit {
	select {
	case q.slot <- struct{}{}:
		return q.occupy(req)
	default:
		return nil
	}
}

// wait takes the slot when its turn comes.
func (q *queue) wait(ctx context.Context) error {
	timer := time.NewTimer(queueLimit)
	defer timer.Stop()
	for {
		turn := q.turns.Load()
		select {
		case q.slot <- struct{}{}:
			if ctx.Err() == nil {
				return nil
			}
			<-q.slot // both were ready, and select chose the slot
			return context.Cause(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
			if q.turns.Load() == turn {
				return fmt.Errorf("interceptor: a queued callback has not returned for %v; "+
					"pass the request's context to calls made inside it: %w",
					queueLimit, context.DeadlineExceeded)
			}
			timer.Reset(queueLimit)
		}
	}
}

func (q *queue) occupy(req *Request) *visit {
	q.turns.Add(1)
	v := new(visit)
	v.inside.Store(true)
	req.Request = req.WithContext(context.WithValue(req.Context(), q, v))
	return v
}

func (q *queue) leave(v *visit) {
	v.inside.Store(false)
	<-q.slot
}
