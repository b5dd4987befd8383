package retry_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// on sends the call to another host.
func on(host string) func(*http.Request) {
	return func(r *http.Request) { r.URL.Host = host }
}

// TestBudget_outage asserts that a host that is down for all callers gets little more than they
// send, and its budget comes back.
func TestBudget_outage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const callers, seconds = 50, 60
		i := newRetry(t, retry.Config{BaseDelay: time.Millisecond})
		down := statuses(503)
		rt := over(down, i)
		for range seconds {
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					if status, err := send(t.Context(), t, rt, http.MethodGet, ""); status != 503 || err != nil {
						t.Errorf("got %d, %v", status, err)
					}
				})
			}
			wg.Wait()
			<-time.After(time.Second)
		}
		// Without a budget each call would be sent four times: 12,000. With it: 10 at once and one
		// in two seconds.
		const calls, most = callers * seconds, 10 + seconds/2 + 1
		if extra := down.count() - calls; extra < 10 || extra > most {
			t.Errorf("%d retries for %d calls, want 10 to %d", extra, calls, most)
		}
		<-time.After(20 * time.Second)
		up := statuses(503, 503, 200)
		if status, err := send(t.Context(), t, over(up, i), http.MethodGet, ""); status != 200 || err != nil {
			t.Errorf("after the outage: %d, %v", status, err)
		}
	})
}

// TestBudget_perHost asserts that each host has a budget of its own.
func TestBudget_perHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newRetry(t, retry.Config{Budget: retry.Budget{Burst: 2, PerSecond: -1, PerSuccess: -1}})
		sends := func(edit ...func(*http.Request)) int {
			w := statuses(503)
			if _, err := send(t.Context(), t, over(w, i), http.MethodGet, "", edit...); err != nil {
				t.Fatal(err)
			}
			return w.count()
		}
		for _, c := range []struct {
			name string
			edit func(*http.Request)
			want int
		}{
			{"fresh", on("a.example"), 3},
			{"empty", on("a.example"), 1},
			{"the same by another spelling", on("A.Example"), 1},
			{"another port", on("a.example:8443"), 3},
			{"another host", on("b.example"), 3},
			{"another scheme", func(r *http.Request) { r.URL.Host, r.URL.Scheme = "a.example", "http" }, 3},
		} {
			if n := sends(c.edit); n != c.want {
				t.Errorf("%s: %d sends, want %d", c.name, n, c.want)
			}
		}
	})
}

// TestBudget_success brings tokens back, but only that of a call that was not repeated.
func TestBudget_success(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newRetry(t, retry.Config{MaxRetries: 1, Budget: retry.Budget{Burst: 3, PerSecond: -1, PerSuccess: 0.5}})
		call := func(w *wire) int {
			if _, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); err != nil {
				t.Fatal(err)
			}
			return w.count()
		}
		for range 3 {
			if n := call(statuses(503, 200)); n != 2 { // succeeds at last: no token for that
				t.Fatalf("%d sends", n)
			}
		}
		for n, w := range []*wire{statuses(503), statuses(200), statuses(503), statuses(200), statuses(503)} {
			if got, want := call(w), []int{1, 1, 1, 1, 2}[n]; got != want {
				t.Errorf("call %d: %d sends, want %d", n, got, want)
			}
		}
		for range 6 {
			call(statuses(200)) // three tokens: as many as it may have
		}
		for range 10 {
			call(statuses(200))
		}
		for n := range 4 {
			if got, want := call(statuses(503)), []int{2, 2, 2, 1}[n]; got != want {
				t.Errorf("afterwards, call %d: %d sends, want %d", n, got, want)
			}
		}
		if w := statuses(200); call(w) != 1 {
			t.Error("a good call was repeated")
		}
		if _, err := send(t.Context(), t, over(statuses(200), i), http.MethodGet, "", on("other.example")); err != nil {
			t.Error(err)
		}
	})
}

// TestBudget_notSpent by calls that cannot be repeated anyway.
func TestBudget_notSpent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newRetry(t, retry.Config{Budget: retry.Budget{Burst: 1, PerSecond: -1, PerSuccess: -1}})
		opaque := func(r *http.Request) { r.GetBody = nil }
		if status, err := send(t.Context(), t, over(statuses(503), i), http.MethodPut, "body", opaque); status != 503 || err != nil {
			t.Errorf("got %d, %v", status, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		leaving := roundTrip(func(*http.Request) (*http.Response, error) {
			cancel() // the connection is torn down with the context
			return nil, errReset
		})
		if _, err := send(ctx, t, over(leaving, i), http.MethodGet, ""); !errors.Is(err, errReset) {
			t.Errorf("got %v", err)
		}
		w := statuses(503, 200)
		if status, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); status != 200 || err != nil {
			t.Errorf("got %d, %v: the token is gone", status, err)
		}
	})
}

// TestBudget_off asserts that without a budget, each call has only its own bound.
func TestBudget_off(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newRetry(t, retry.Config{Budget: retry.Budget{Burst: -1}})
		for range 20 {
			w := statuses(503)
			if _, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); err != nil || w.count() != 4 {
				t.Fatalf("%d sends, %v", w.count(), err)
			}
		}
	})
}

// TestBudget_manyHosts are forgotten, the fullest first, and the one that failed most is
// remembered.
func TestBudget_manyHosts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newRetry(t, retry.Config{MaxRetries: 2, Budget: retry.Budget{Burst: 2, PerSecond: 0.001, PerSuccess: -1}})
		sends := func(host string, w *wire) int {
			if _, err := send(t.Context(), t, over(w, i), http.MethodGet, "", on(host)); err != nil {
				t.Fatal(err)
			}
			return w.count()
		}
		if n := sends("down.example", statuses(503)); n != 3 {
			t.Fatalf("%d sends", n)
		}
		for n := range 3000 {
			if got := sends("h"+strconv.Itoa(n)+".example", statuses(503, 200)); got != 2 {
				t.Fatalf("host %d: %d sends", n, got)
			}
		}
		if n := retry.Hosts(i); n > 1024 {
			t.Errorf("%d hosts are remembered", n)
		}
		if n := sends("down.example", statuses(503)); n != 1 {
			t.Errorf("the host that failed was forgotten: %d sends", n)
		}
		<-time.After(time.Hour) // all have all their tokens
		sends("new.example", statuses(503, 200))
		if n := retry.Hosts(i); n != 1 {
			t.Errorf("%d hosts are remembered after an hour", n)
		}
	})
}
