package chain_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

// panicky panics in one phase of the first call.
func panicky(p engine.Phase) interceptor.Interceptor {
	first := true
	return scriptedPhase(p, func(context.Context) error {
		if first {
			first = false
			panic("mine")
		}
		return nil
	})
}

// TestPanic reaches the caller of resty, from every phase. The next call finds the only connection
// free, the queue empty and the chain in order.
func TestPanic(t *testing.T) {
	t.Parallel()
	for _, p := range phases() {
		for name, wrap := range map[string]func(interceptor.Interceptor) interceptor.Interceptor{
			"plain":  func(i interceptor.Interceptor) interceptor.Interceptor { return i },
			"queued": interceptor.Queued,
		} {
			t.Run(name+" "+p.String(), func(t *testing.T) {
				t.Parallel()
				server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					if p == engine.OnError {
						w.WriteHeader(http.StatusBadGateway)
					}
					_, _ = io.WriteString(w, strings.Repeat("x", 100<<10))
				})
				seen := new(counting)
				client := resty.New().SetTransport(&http.Transport{MaxConnsPerHost: 1})
				install(t, chain.New(seen, wrap(panicky(p)), interceptor.Base{}), client)
				var hooked error
				client.OnPanic(func(_ *resty.Request, err error) { hooked = err })
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				func() {
					defer func() {
						if v := recover(); v != "mine" {
							t.Errorf("got %v", v)
						}
					}()
					_, _ = client.R().SetContext(ctx).SetBody("body").Post(server.URL)
				}()
				if hooked == nil {
					t.Error("resty's OnPanic was not told")
				}
				for range 2 {
					if _, err := client.R().SetContext(ctx).SetBody("body").Post(server.URL); err != nil {
						t.Errorf("afterwards: %v", err)
					}
				}
				if seen.n != 3 {
					t.Errorf("the first interceptor saw %d calls", seen.n)
				}
			})
		}
	}
}
