package interceptor_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// send sends one request through a chain over a server that responds with a status.
func send(ctx context.Context, status int, is ...interceptor.Interceptor) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example.com/", http.NoBody)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := chain.New(is...).Transport(answer(status)).RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
}

// gauge counts the calls under way.
type gauge struct {
	interceptor.Base

	underWay atomic.Int64
}

var _ interceptor.Finisher = (*gauge)(nil)

func (g *gauge) OnRequest(
	req *interceptor.Request, h interceptor.RequestHandler,
) interceptor.Verdict {
	if req.Extra(g) == nil { // the first attempt of the call
		req.SetExtra(g, true)
		fmt.Println("under way:", g.underWay.Add(1))
	}
	return h.Next(req)
}

func (g *gauge) OnDone(
	req *interceptor.Request, resp *interceptor.Response, err *interceptor.Error,
) {
	if req.Extra(g) == nil {
		return // an interceptor before this one ended the call
	}
	g.underWay.Add(-1)
	switch {
	case resp != nil:
		fmt.Println("done:", resp.StatusCode)
	case err != nil:
		fmt.Println("failed:", err.Kind)
	default:
		fmt.Println("panicked")
	}
}

// OnDone runs once at the end of every call, whatever happened.
func ExampleFinisher() {
	g := new(gauge)
	deny := interceptor.Funcs{Request: func(
		_ *interceptor.Request, h interceptor.RequestHandler,
	) interceptor.Verdict {
		return h.Reject(errors.New("not today"))
	}}
	send(context.Background(), http.StatusOK, g)
	send(context.Background(), http.StatusOK, g, deny)
	fmt.Println("left:", g.underWay.Load())
	// Output:
	// under way: 1
	// done: 200
	// under way: 1
	// failed: unknown error
	// left: 0
}

// A caller tells an interceptor something about one call, as with Dio's Options(extra:).
func ExampleWithExtra() {
	type quiet struct{}
	log := interceptor.Funcs{Request: func(
		req *interceptor.Request, h interceptor.RequestHandler,
	) interceptor.Verdict {
		if req.Extra(quiet{}) != true {
			fmt.Println(req.Method, req.URL)
		}
		return h.Next(req)
	}}
	ctx := context.Background()
	send(ctx, http.StatusOK, log)
	send(interceptor.WithExtra(ctx, quiet{}, true), http.StatusOK, log)
	// Output: GET https://api.example.com/
}

// whoami asks the server who the caller is, around the chain.
type whoami struct {
	interceptor.Base

	base http.RoundTripper
}

var _ interceptor.TransportUser = (*whoami)(nil)

func (w *whoami) OnTransport(base http.RoundTripper) {
	if w.base == nil {
		w.base = base
	}
}

func (w *whoami) OnRequest(
	req *interceptor.Request, h interceptor.RequestHandler,
) interceptor.Verdict {
	own := req.Clone(req.Context())
	own.URL.Path = "/whoami"
	resp, err := w.base.RoundTrip(own)
	if err != nil {
		return h.Reject(err)
	}
	_ = resp.Body.Close()
	fmt.Println("asked:", resp.StatusCode)
	return h.Next(req)
}

// OnTransport gives an interceptor the transport beneath the chain, for requests of its own.
func ExampleTransportUser() {
	send(context.Background(), http.StatusOK, new(whoami))
	// Output: asked: 200
}

// Release frees the connection before a wait, and keeps the start of the body.
func ExampleResponse_Release() {
	r := interceptor.NewResponse(nil, http.StatusUnauthorized, nil, []byte("token expired"))
	r.Release()
	body, err := r.Peek(100)
	fmt.Println(string(body), err)
	// Output: token expired <nil>
}
