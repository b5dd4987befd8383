package chain_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestRequest_dropped: a request that is not sent leaves no body open, whether it is the caller's,
// or that of an interceptor which gave a body to a request that had none.
func TestRequest_dropped(t *testing.T) {
	t.Parallel()
	for _, bodies := range []int{0, 1} { // of the caller
		for _, owned := range []int{0, 1} { // by the interceptor
			var mine, theirs int
			in := &interceptor.Funcs{
				Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
					if owned == 1 {
						req.Body = countedBody{strings.NewReader("m"), &mine}
					}
					return h.Next(req)
				},
			}
			stop := &interceptor.Funcs{
				Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
					return h.Reject(errors.New("stop"))
				},
			}
			req := request(t)
			req.Body = nil
			if bodies == 1 {
				req.Body = countedBody{strings.NewReader("t"), &theirs}
			}
			_, err := chain.New(in, stop).Transport(answering(http.StatusOK)).RoundTrip(req)
			if err == nil || mine != owned || theirs != bodies {
				t.Errorf("%d of the caller and %d more: %v; closed %d and %d times", bodies, owned, err, theirs, mine)
			}
		}
	}
}

// TestRequest_emptied: an interceptor that takes the request out of its Request and then gives up
// gets its error through, and the body is closed.
func TestRequest_emptied(t *testing.T) {
	t.Parallel()
	stop, closed := errors.New("stop"), 0
	in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		req.Request = nil
		return h.Reject(stop)
	}}
	req := request(t)
	req.Body = countedBody{strings.NewReader("b"), &closed}
	if _, err := chain.New(in).Transport(answering(http.StatusOK)).RoundTrip(req); !errors.Is(err, stop) || closed != 1 {
		t.Errorf("got %v; closed %d times", err, closed)
	}
}

// TestPanic_closesWhatIsNew: a panic leaves no body open that an interceptor gave to a response
// without one.
func TestPanic_closesWhatIsNew(t *testing.T) {
	t.Parallel()
	closed := 0
	in := &interceptor.Funcs{Response: func(resp *interceptor.Response, _ interceptor.ResponseHandler) interceptor.Verdict {
		resp.Body = countedBody{strings.NewReader("b"), &closed}
		panic("mine")
	}}
	empty := roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	})
	defer func() {
		if v := recover(); v != "mine" || closed != 1 {
			t.Errorf("got %v; closed %d times", v, closed)
		}
	}()
	_, _ = chain.New(in).Transport(empty).RoundTrip(request(t))
}

// TestError_responseIsClosed: a response that an interceptor made for its error is closed if
// another interceptor does away with the error.
func TestError_responseIsClosed(t *testing.T) {
	t.Parallel()
	type handler = interceptor.ErrorHandler
	for name, next := range map[string]func(*interceptor.Error, handler) interceptor.Verdict{
		"kept":     func(e *interceptor.Error, h handler) interceptor.Verdict { return h.Next(e) },
		"replaced": func(_ *interceptor.Error, h handler) interceptor.Verdict { return h.Next(errors.New("other")) },
		"rejected": func(_ *interceptor.Error, h handler) interceptor.Verdict { return h.Reject(errors.New("other")) },
		"taken off": func(e *interceptor.Error, h handler) interceptor.Verdict {
			e.Response = nil
			return h.Next(e)
		},
		"retried": func(e *interceptor.Error, h handler) interceptor.Verdict {
			if e.Request.Attempt() > 1 {
				return h.Reject(e)
			}
			return h.Retry(0)
		},
		"resolved": func(e *interceptor.Error, h handler) interceptor.Verdict {
			return h.Resolve(interceptor.NewResponse(e.Request, http.StatusOK, nil, nil))
		},
		"panic": func(*interceptor.Error, handler) interceptor.Verdict { panic("mine") },
	} {
		var opened, made, sent int
		first := &interceptor.Funcs{Error: func(e *interceptor.Error, h handler) interceptor.Verdict {
			opened++
			r := interceptor.NewResponse(e.Request, http.StatusTeapot, nil, nil)
			r.Body = countedBody{strings.NewReader("m"), &made}
			return h.Next(&interceptor.Error{Kind: interceptor.KindBadResponse, Response: r})
		}}
		second := &interceptor.Funcs{Error: next}
		func() {
			defer func() {
				if v := recover(); v != nil && v != "mine" {
					panic(v)
				}
			}()
			resp, err := chain.New(first, second).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: http.StatusBadGateway, Header: http.Header{}, Request: r,
					Body: countedBody{strings.NewReader("s"), &sent},
				}, nil
			})).RoundTrip(request(t))
			if err == nil {
				err = resp.Body.Close()
			}
			if name == "resolved" && err != nil {
				t.Error(err)
			}
		}()
		if made < opened || sent < opened {
			t.Errorf("%s: %d of each; closed %d and %d times", name, opened, sent, made)
		}
	}
}
