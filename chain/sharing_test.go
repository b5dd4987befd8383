package chain_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// careful promises to write into nothing.
type careful struct{ pass }

func (careful) CopyOnWrite() bool { return true }

// careless is one whose promise depends on something.
type careless struct{ pass }

func (careless) CopyOnWrite() bool { return false }

// TestCopyOnWrite: URL and room for header values are shared with the caller's request where all
// interceptors promise not to write into them, and else copied. The header is the send's own in any
// case.
func TestCopyOnWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		list   []interceptor.Interceptor
		shared bool
	}{
		"none":                {nil, true},
		"promised":            {[]interceptor.Interceptor{careful{}, careful{}}, true},
		"not promised":        {[]interceptor.Interceptor{pass{}}, false},
		"not promised by all": {[]interceptor.Interceptor{careful{}, pass{}, careful{}}, false},
		"not this time":       {[]interceptor.Interceptor{careless{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := &http.Request{
				URL:    &url.URL{Scheme: "https", Host: "a.example"},
				Header: http.Header{"X-Values": append(make([]string, 0, 2), "a")},
			}
			var sent *http.Request
			base := roundTrip(func(r *http.Request) (*http.Response, error) {
				sent = r
				return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}, nil
			})
			client := chain.New()
			client.Use(c.list...)
			if _, err := client.Transport(base).RoundTrip(req); err != nil {
				t.Fatal(err)
			}
			if got := sent.URL == req.URL; got != c.shared {
				t.Errorf("the URL is shared: %v", got)
			}
			if got := cap(sent.Header["X-Values"]) > 1; got != c.shared {
				t.Errorf("there is room for another value: %v", got)
			}
			sent.Header.Set("X-More", "b")
			if len(req.Header) != 1 {
				t.Error("the header is shared")
			}
		})
	}
}
