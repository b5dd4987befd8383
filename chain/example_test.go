package chain_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-resty/resty/v2"
	"github.com/jarcoal/httpmock"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// mocked is a resty client that answers by itself, so that the examples need no network.
func mocked(status int) *resty.Client {
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewStringResponder(status, "answer"))
	return resty.New().SetTransport(mock)
}

// speaker says which of its callbacks runs.
func speaker(name string) interceptor.Interceptor {
	return &interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			fmt.Println(name, "OnRequest")
			return h.Next(req)
		},
		Response: func(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			fmt.Println(name, "OnResponse", resp.StatusCode)
			return h.Next(resp)
		},
		Error: func(err *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			fmt.Println(name, "OnError", err.Response.StatusCode)
			return h.Next(err)
		},
	}
}

// All three phases run in list order.
func Example_order() {
	client := mocked(http.StatusOK)
	if err := chain.New(speaker("A"), speaker("B")).Install(client); err != nil {
		fmt.Println(err)
	}
	_, _ = client.R().Get("https://api.example.com/")
	// Output:
	// A OnRequest
	// B OnRequest
	// A OnResponse 200
	// B OnResponse 200
}

// With Reverse, the responses return like through the layers of an onion.
func ExampleConfig_reverse() {
	client := mocked(http.StatusNotFound)
	c := chain.Config{ReturnOrder: chain.Reverse}.New(speaker("A"), speaker("B"))
	if err := c.Install(client); err != nil {
		fmt.Println(err)
	}
	resp, err := client.R().Get("https://api.example.com/")
	fmt.Println(resp.StatusCode(), err)
	// Output:
	// A OnRequest
	// B OnRequest
	// B OnError 404
	// A OnError 404
	// 404 <nil>
}

// Resolve answers without the server.
func Example_shortCircuit() {
	cache := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Resolve(interceptor.NewResponse(req, http.StatusOK, nil, []byte("from the cache")))
	}}
	client := resty.New()
	if err := chain.New(cache).Install(client); err != nil {
		fmt.Println(err)
	}
	resp, err := client.R().Get("https://api.example.com/")
	fmt.Println(resp, err)
	// Output: from the cache <nil>
}

// Retry sends the caller's original request again, body and all.
func Example_retry() {
	again := &interceptor.Funcs{Error: func(err *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		fmt.Println("attempt", err.Request.Attempt(), "failed:", err.Response.Status)
		return h.Retry(0)
	}}
	client := mocked(http.StatusServiceUnavailable)
	if err := (chain.Config{MaxAttempts: 3}).New(again).Install(client); err != nil {
		fmt.Println(err)
	}
	resp, err := client.R().SetBody("hello").Post("https://api.example.com/")
	fmt.Println(resp, err) // the bound is reached: the response comes back as it is
	// Output:
	// attempt 1 failed: 503 Service Unavailable
	// attempt 2 failed: 503 Service Unavailable
	// attempt 3 failed: 503 Service Unavailable
	// answer <nil>
}

// Queued lets one call at a time into a callback.
func Example_queued() {
	tickets := 0
	one := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		tickets++ // no lock needed
		req.Header.Set("X-Ticket", strconv.Itoa(tickets))
		return h.Next(req)
	}}
	client := mocked(http.StatusOK)
	if err := chain.New(interceptor.Queued(one)).Install(client); err != nil {
		fmt.Println(err)
	}
	_, _ = client.R().Get("https://api.example.com/")
	_, _ = client.R().Get("https://api.example.com/")
	fmt.Println(tickets)
	// Output: 2
}

// quotaError is what a program wants to see in place of a 429.
type quotaError struct{ plan string }

func (e *quotaError) Error() string { return "quota of plan " + e.plan + " used up" }

// OnError can put an error of the program's own in the place of a status. The caller finds it, and
// the response as well.
func Example_errorMapping() {
	quota := &interceptor.Funcs{Error: func(err *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		if err.Kind == interceptor.KindBadResponse && err.Response.StatusCode == http.StatusTooManyRequests {
			return h.Next(&quotaError{plan: "free"})
		}
		return h.Next(err)
	}}
	client := mocked(http.StatusTooManyRequests)
	if err := chain.New(quota).Install(client); err != nil {
		fmt.Println(err)
	}
	_, err := client.R().Get("https://api.example.com/?token=secret")
	mine, _ := errors.AsType[*quotaError](err)
	whole, _ := errors.AsType[*interceptor.Error](err)
	fmt.Println(mine)
	fmt.Println(whole)
	// Output:
	// quota of plan free used up
	// interceptor: GET https://api.example.com/?…: 429 Too Many Requests: quota of plan free used up
}

// Activating httpmock after Install puts the mock where the chain was.
func Example_incorrect() {
	client := resty.New()
	if err := chain.New(speaker("A")).Install(client); err != nil {
		fmt.Println(err)
	}
	httpmock.ActivateNonDefault(client.GetClient())
	defer httpmock.DeactivateAndReset()
	httpmock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, "mocked"))

	resp, _ := client.R().Get("https://api.example.com/")
	_, installed := chain.Installed(client)
	fmt.Println(resp, installed) // nobody spoke
	// Output: mocked false
}

// The cure: mock below the chain.
func Example_correct() {
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewStringResponder(http.StatusOK, "mocked"))
	client := resty.New().SetTransport(mock)
	if err := chain.New(speaker("A")).Install(client); err != nil {
		fmt.Println(err)
	}
	resp, _ := client.R().Get("https://api.example.com/")
	fmt.Println(resp)
	// Output:
	// A OnRequest
	// A OnResponse 200
	// mocked
}
