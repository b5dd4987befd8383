package requestid_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
)

// TestZeroValue: it works like one of the zero Config.
func TestZeroValue(t *testing.T) {
	t.Parallel()
	var zero requestid.Interceptor
	sent := 0
	var header http.Header
	base := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		sent, header = sent+1, req.Header
		return h.Resolve(interceptor.NewResponse(req, http.StatusServiceUnavailable, nil, nil), interceptor.Through)
	}}
	client := &http.Client{Transport: chain.New(&zero, base).Transport(nil)}
	resp, err := client.Post("http://127.0.0.1/", "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if sent != 1 || resp.StatusCode != http.StatusServiceUnavailable || header.Get("X-Request-ID") == "" {
		t.Errorf("%d sent, %s, %v", sent, resp.Status, header)
	}
}
