package chatelaine_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/progress"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// TestStock_zeroValue sends a failing POST through the zero value of every stock interceptor. The
// ones that mark requests work as with the zero Config; the others change nothing, and none sends
// twice.
func TestStock_zeroValue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		zero  interceptor.Interceptor
		added string // the header that the interceptor adds
	}{
		"har":         {new(har.Recorder), ""},
		"idempotency": {new(idempotency.Interceptor), "Idempotency-Key"},
		"logging":     {new(logging.Interceptor), ""},
		"progress":    {new(progress.Interceptor), ""},
		"requestid":   {new(requestid.Interceptor), "X-Request-Id"},
		"retry":       {new(retry.Interceptor), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			var header http.Header
			base := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				sent, header = sent+1, req.Header.Clone()
				return h.Resolve(interceptor.NewResponse(req, http.StatusServiceUnavailable, nil, nil), interceptor.Through)
			}}
			client := &http.Client{Transport: chain.New(tt.zero, base).Transport(nil)}
			resp, err := client.Post("http://127.0.0.1/", "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if sent != 1 || resp.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%d sent, %s", sent, resp.Status)
			}
			if tt.added != "" && header.Get(tt.added) == "" {
				t.Errorf("no %s in %v", tt.added, header)
			}
			header.Del(tt.added)
			if len(header) != 1 { // Content-Type
				t.Errorf("the header has become %v", header)
			}
			if recorder, ok := tt.zero.(*har.Recorder); ok && recorder.Len() != 0 {
				t.Errorf("%d entries are kept", recorder.Len())
			}
		})
	}
}
