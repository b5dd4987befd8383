package interceptor_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// stamp puts a header on every request.
type stamp struct{ interceptor.Base }

func (stamp) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	req.Header.Set("X-Client", "chatelaine")
	return h.Next(req) // or h.Resolve(response), h.Reject(err); later also h.Retry(after)
}

// An interceptor overrides the callbacks it needs; it can be tested without a chain.
func ExampleBase() {
	req := &interceptor.Request{Request: httptest.NewRequest(http.MethodGet, "https://api.example.com/", http.NoBody)}
	v := stamp{}.OnRequest(req, interceptor.RequestHandler{})
	fmt.Println(v, req.Header.Get("X-Client"))
	// Output: next chatelaine
}

// Funcs makes an interceptor of functions.
func ExampleFuncs() {
	offline := interceptor.Funcs{
		Name: "offline",
		Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			return h.Reject(errors.New("we are in a tunnel"), interceptor.Through)
		},
	}
	v := offline.OnRequest(nil, interceptor.RequestHandler{})
	fmt.Println(offline, v)
	// Output: offline reject through: we are in a tunnel
}

// What a caller can learn from an error: here, that of a server which refuses.
func ExampleError() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such user", http.StatusNotFound)
	}))
	defer server.Close()
	client := server.Client()
	client.Transport = chain.Config{ErrorOnBadStatus: true}.New().Transport(client.Transport)

	resp, err := client.Get(server.URL + "/users/7")
	if err == nil {
		resp.Body.Close()
	}
	if e, ok := errors.AsType[*interceptor.Error](err); ok {
		body, err := e.Response.Peek(100)
		fmt.Printf("%v: %d to %s, %q %v\n", e.Kind, e.Response.StatusCode, e.Request.URL.Path, body, err)
		fmt.Println("explained:", e.Err)
	}
	// Output:
	// bad response: 404 to /users/7, "no such user\n" <nil>
	// explained: <nil>
}

// Queued runs a callback for one call at a time, so a counter needs no lock.
func ExampleQueued() {
	n := 0
	numbered := interceptor.Queued(interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			n++
			req.Header.Set("X-Number", strconv.Itoa(n))
			return h.Next(req)
		},
	})
	var calls sync.WaitGroup
	for range 100 {
		calls.Go(func() {
			req := &interceptor.Request{Request: httptest.NewRequest(http.MethodGet, "https://api.example.com/", http.NoBody)}
			numbered.OnRequest(req, interceptor.RequestHandler{}) // in a chain this is the chain's business
		})
	}
	calls.Wait()
	fmt.Println(n)
	// Output: 100
}

// NewResponse answers a call without sending it.
func ExampleNewResponse() {
	r := interceptor.NewResponse(nil, http.StatusOK, nil, []byte(`{"cached":true}`))
	head, err := r.Peek(9)
	fmt.Println(r.Status, string(head), err)
	// Output: 200 OK {"cached" <nil>
}
