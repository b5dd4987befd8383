package interceptor_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// stamp puts a header on every request.
type stamp struct{ interceptor.Base }

func (stamp) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	req.Header.Set("X-Client", "chatelaine")
	return h.Next(req)
}

// An interceptor overrides the callbacks it needs; it can be tested without a chain.
func ExampleBase() {
	req := &interceptor.Request{Request: httptest.NewRequest(http.MethodGet, "https://api.example.com/", http.NoBody)}
	v := stamp{}.OnRequest(req, interceptor.RequestHandler{})
	fmt.Println(v.Action(), v.Request().Header.Get("X-Client"))
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
	fmt.Println(offline, v.Action(), v.Err(), v.Through())
	// Output: offline reject we are in a tunnel true
}

// NewResponse answers a call without sending it.
func ExampleNewResponse() {
	r := interceptor.NewResponse(nil, http.StatusOK, nil, []byte(`{"cached":true}`))
	head, err := r.Peek(9)
	fmt.Println(r.Status, string(head), err)
	// Output: 200 OK {"cached" <nil>
}
