package chain_test

import (
	"net/http"
	"testing"

	"github.com/go-resty/resty/v2"
	"github.com/jarcoal/httpmock"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// counting counts the requests that pass.
type counting struct {
	interceptor.Base
	n int
}

func (c *counting) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	c.n++
	return h.Next(req)
}

func responder(*http.Request) (*http.Response, error) {
	return httpmock.NewStringResponse(http.StatusOK, "mocked"), nil
}

// TestHTTPMock_asTransport mocks below the chain.
func TestHTTPMock_asTransport(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodGet, "https://api.example.com/me", responder)
	in := new(counting)
	client := install(t, chain.New(in), resty.New().SetTransport(mock))
	resp, err := client.R().Get("https://api.example.com/me")
	if err != nil || resp.String() != "mocked" || in.n != 1 || mock.GetTotalCallCount() != 1 {
		t.Errorf("got %q, %v; the chain saw %d", resp, err, in.n)
	}
}

// TestHTTPMock_activated mocks below the chain if it is activated before Install. Activated after, it
// takes the chain off, as Installed reports. httpmock has one default transport, so this is one test.
func TestHTTPMock_activated(t *testing.T) {
	t.Parallel()
	before := resty.New()
	httpmock.ActivateNonDefault(before.GetClient())
	defer httpmock.Reset() // Deactivate writes http.DefaultTransport, which parallel tests read
	httpmock.RegisterResponder(http.MethodGet, "https://api.example.com/me", responder)
	in := new(counting)
	install(t, chain.New(in), before)
	resp, err := before.R().Get("https://api.example.com/me")
	if err != nil || resp.String() != "mocked" || in.n != 1 {
		t.Errorf("got %q, %v; the chain saw %d", resp, err, in.n)
	}
	after := resty.New()
	install(t, chain.New(new(counting)), after)
	httpmock.ActivateNonDefault(after.GetClient())
	if _, ok := chain.Installed(after); ok {
		t.Error("the mock is below the chain after all: correct the documentation")
	}
}
