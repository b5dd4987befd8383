package requestid_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// TestAllocations: one for what holds the id. The race detector adds some to making it, so that is
// not measured here.
func TestAllocations(t *testing.T) {
	i := ids(t, requestid.Config{Generate: func() string { return "g-1" }})
	var call engine.Call
	req := interceptor.Request{Request: httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody), Call: &call}
	n := testing.AllocsPerRun(100, func() {
		call = engine.Call{}
		delete(req.Header, "X-Request-Id")
		i.OnRequest(&req, interceptor.RequestHandler{})
	})
	if n > 1 {
		t.Errorf("%v allocations, want at most 1", n)
	}
}

func BenchmarkOnRequest(b *testing.B) {
	i, err := requestid.New(requestid.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for name, fresh := range map[string]bool{"attempt=first": true, "attempt=later": false} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var call engine.Call
			r := interceptor.Request{Request: httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody), Call: &call}
			for b.Loop() {
				if fresh {
					call = engine.Call{}
				}
				delete(r.Header, "X-Request-Id")
				i.OnRequest(&r, interceptor.RequestHandler{})
			}
		})
	}
}
