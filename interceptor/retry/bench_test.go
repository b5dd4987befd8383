package retry_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// canned answers as the script says, over and over.
type canned struct {
	good, bad http.Response
	script    []bool
	n         int
}

func (c *canned) RoundTrip(*http.Request) (*http.Response, error) {
	good := c.script[c.n%len(c.script)]
	c.n++
	if good {
		return &c.good, nil
	}
	return &c.bad, nil
}

func can(script ...bool) *canned {
	return &canned{
		good:   http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody},
		bad:    http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: http.NoBody},
		script: script,
	}
}

// TestAllocations asserts that a call that needs no retry pays for recording its start, and nothing
// without MaxElapsed.
func TestAllocations(t *testing.T) {
	base := can(true)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	measure := func(is ...interceptor.Interceptor) float64 {
		rt := chain.New(is...).Transport(base)
		return testing.AllocsPerRun(100, func() {
			if _, err := rt.RoundTrip(req); err != nil {
				t.Fatal(err)
			}
		})
	}
	without := measure()
	if n := measure(newRetry(t, retry.Config{})) - without; n > 1 {
		t.Errorf("%v allocations, want at most 1", n)
	}
	if n := measure(newRetry(t, retry.Config{MaxElapsed: -1})) - without; n > 0 {
		t.Errorf("without MaxElapsed: %v allocations, want none", n)
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "https://api.example.com/", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, base http.RoundTripper, is ...interceptor.Interceptor) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			rt := chain.New(is...).Transport(base)
			for b.Loop() {
				if _, err := rt.RoundTrip(req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("retry=none/attempts=1", can(true))
	run("retry=default/attempts=1", can(true), newRetry(b, retry.Config{}))
	run("retry=unbounded/attempts=1", can(true), newRetry(b, retry.Config{MaxElapsed: -1}))
	run("retry=default/attempts=2", can(false, true),
		newRetry(b, retry.Config{BaseDelay: time.Nanosecond, Budget: retry.Budget{Burst: -1}}))
	run("retry=budget/attempts=2", can(false, true),
		newRetry(b, retry.Config{BaseDelay: time.Nanosecond, Budget: retry.Budget{Burst: 1 << 30}}))
}
