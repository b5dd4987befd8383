package retry_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// busy is a server that answers 503 to all but every third request.
func busy() *httptest.Server {
	n := 0
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n++
		if n%3 != 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "hello")
	}))
}

func Example() {
	server := busy()
	defer server.Close()

	again, err := retry.New(retry.Config{BaseDelay: time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := resty.New()
	if err := chain.New(again).Install(client); err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.R().Get(server.URL)
	fmt.Println(resp.Status(), resp, err)
	// Output: 200 OK hello <nil>
}

// A POST is repeated if the caller says that it may be, a GET is not if the caller says so.
func ExampleAlways() {
	server := busy()
	defer server.Close()

	again, err := retry.New(retry.Config{BaseDelay: time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := resty.New()
	if err := chain.New(again).Install(client); err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.R().SetContext(retry.Always(context.Background())).Post(server.URL)
	fmt.Println(resp.Status(), err)
	resp, err = client.R().SetContext(retry.Never(context.Background())).Get(server.URL)
	fmt.Println(resp.Status(), err)
	// Output:
	// 200 OK <nil>
	// 503 Service Unavailable <nil>
}

// The default and some more.
func ExampleTransient() {
	again, err := retry.New(retry.Config{ShouldRetry: func(e *interceptor.Error) bool {
		return retry.Transient(e) || e.Response != nil && e.Response.StatusCode >= 500
	}})
	fmt.Println(again, err)
	// Output: retry <nil>
}

// A host that is down for everyone gets one retry a second at most, from this process.
func ExampleBudget() {
	again, err := retry.New(retry.Config{Budget: retry.Budget{Burst: 5, PerSecond: 1}})
	fmt.Println(again, err)
	// Output: retry <nil>
}
