package idempotency_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// TestAllocations: one for what holds the key, none for a request that gets no key. The race
// detector adds some to making a key, so that is not measured here.
func TestAllocations(t *testing.T) {
	i := keys(t, idempotency.Config{Generate: func() string { return "g-1" }})
	for method, most := range map[string]float64{http.MethodPost: 1, http.MethodGet: 0} {
		r := httptest.NewRequestWithContext(t.Context(), method, "/", http.NoBody)
		var call engine.Call
		req := interceptor.Request{Request: r, Call: &call}
		n := testing.AllocsPerRun(100, func() {
			call = engine.Call{}
			delete(r.Header, "Idempotency-Key")
			i.OnRequest(&req, interceptor.RequestHandler{})
		})
		if n > most {
			t.Errorf("%s: %v allocations, want at most %v", method, n, most)
		}
	}
}

func BenchmarkOnRequest(b *testing.B) {
	i, err := idempotency.New(idempotency.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		b.Run("method="+method, func(b *testing.B) {
			b.ReportAllocs()
			r := httptest.NewRequestWithContext(b.Context(), method, "/", http.NoBody)
			var call engine.Call
			req := interceptor.Request{Request: r, Call: &call}
			for b.Loop() {
				call = engine.Call{}
				delete(r.Header, "Idempotency-Key")
				i.OnRequest(&req, interceptor.RequestHandler{})
			}
		})
	}
}
