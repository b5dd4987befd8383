package chain_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestRetry_forgetsTheFailure: an attempt that is not sent has neither the response nor the error
// of the one before, and its body is closed even if an interceptor put another in its place.
func TestRetry_forgetsTheFailure(t *testing.T) {
	t.Parallel()
	stop, first := errors.New("stop"), errors.New("first")
	var (
		closed []*int // how often, by body
		mine   int
	)
	in := &interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			if req.Attempt() == 1 {
				return h.Next(req)
			}
			req.Body = countedBody{strings.NewReader("m"), &mine}
			return h.Reject(stop, interceptor.Through)
		},
		Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if e.Request.Attempt() == 1 {
				return h.Next(first)
			}
			if e.Response != nil || errors.Is(e, first) {
				t.Errorf("the second attempt got %v with response %v", e, e.Response)
			}
			return h.Next(e)
		},
	}
	req := request(t)
	body := func() io.ReadCloser {
		closed = append(closed, new(int))
		return countedBody{strings.NewReader("b"), closed[len(closed)-1]}
	}
	req.Body = body()
	req.GetBody = func() (io.ReadCloser, error) { return body(), nil }
	_, err := chain.New(in, insistOnce{}).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		_ = r.Body.Close()
		return answering(http.StatusServiceUnavailable)(r)
	})).RoundTrip(req)
	if !errors.Is(err, stop) || len(closed) != 2 || *closed[0] != 1 || *closed[1] != 1 || mine != 1 {
		t.Errorf("got %v; %d bodies, the last closed %d times, the interceptor's %d times", err, len(closed), *closed[len(closed)-1], mine)
	}
}

// insistOnce has the first attempt of a call that failed sent again.
type insistOnce struct{ interceptor.Base }

// OnError retries once.
func (insistOnce) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	if e.Request.Attempt() == 1 {
		return h.Retry(0)
	}
	return h.Next(e)
}

// TestRetry_forgetsTheRejection: a bad status that follows a rejected attempt is a response again.
func TestRetry_forgetsTheRejection(t *testing.T) {
	t.Parallel()
	in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		if req.Attempt() == 1 {
			return h.Reject(errors.New("not yet"), interceptor.Through)
		}
		return h.Next(req)
	}}
	resp, err := chain.New(in, insistOnce{}).Transport(answering(http.StatusServiceUnavailable)).RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %d, %v", resp.StatusCode, err)
	}
}

// TestCall_body is the transport's, whatever an interceptor has put around it.
func TestCall_body(t *testing.T) {
	t.Parallel()
	var served io.ReadCloser
	check := func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		if r.Request.Call.Body != served {
			t.Errorf("got %v", r.Request.Call.Body)
		}
		r.Body = struct{ io.ReadCloser }{r.Body}
		return h.Next(r)
	}
	in := &interceptor.Funcs{Response: check}
	resp, err := chain.New(in, in).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := answering(http.StatusOK)(r)
		served = &counted{Reader: resp.Body, closed: func() {}}
		resp.Body = served
		return resp, err
	})).RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}

// TestError_emptyResponse asserts that the chain does not panic on an error whose Response is
// empty.
func TestError_emptyResponse(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	in := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		return h.Next(&interceptor.Error{Err: stop, Response: &interceptor.Response{Request: e.Request}})
	}}
	if _, err := chain.New(in).Transport(answering(http.StatusBadGateway)).RoundTrip(request(t)); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}
