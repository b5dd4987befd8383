package chatelaine_test

import (
	"fmt"
	"net/http"

	"github.com/go-resty/resty/v2"
	"github.com/jarcoal/httpmock"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Stamp puts a header on every request.
type Stamp struct{ interceptor.Base }

func (Stamp) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	req.Header.Set("X-Client", "chatelaine")
	return h.Next(req) // or h.Resolve(response), h.Reject(err); later also h.Retry(after)
}

// An interceptor of one's own: embed Base, and write the callbacks that are needed.
func Example_interceptor() {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodGet, "https://api.example.com/hello", func(r *http.Request) (*http.Response, error) {
		return httpmock.NewStringResponse(http.StatusOK, "hello, "+r.Header.Get("X-Client")), nil
	})
	client := resty.New().SetTransport(mock)
	must(chain.New(Stamp{}).Install(client))

	resp, err := client.R().Get("https://api.example.com/hello")
	must(err)
	fmt.Println(resp)
	// Output: hello, chatelaine
}
