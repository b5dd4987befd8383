package bench_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// rotating answers 401 to every token but the newest, in memory.
type rotating struct {
	newest  atomic.Pointer[string]
	good    *http.Response
	refused *http.Response
}

func newRotating() *rotating {
	r := &rotating{good: newTransport().resp, refused: new(http.Response)}
	*r.refused = *r.good
	r.refused.StatusCode, r.refused.Status = http.StatusUnauthorized, "401 Unauthorized"
	return r
}

func (r *rotating) RoundTrip(req *http.Request) (*http.Response, error) {
	answer := *r.good
	if newest := r.newest.Load(); newest == nil || strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ") != *newest {
		answer = *r.refused
	}
	return &answer, nil
}

// rotate is the token endpoint.
func (r *rotating) rotate(token string, took, lifetime time.Duration, calls *atomic.Int32) auth.RefreshFunc {
	return func(context.Context, auth.Token) (auth.Token, error) {
		n := calls.Add(1)
		timer := time.NewTimer(took)
		<-timer.C
		token := token + string('a'+n%26)
		r.newest.Store(&token)
		t := auth.Token{AccessToken: token, RefreshToken: "refresh"}
		if lifetime > 0 {
			t.Expiry = time.Now().Add(lifetime)
		}
		return t, nil
	}
}

func rotatingSession(b *testing.B, server *rotating, refresh auth.RefreshFunc, expiry time.Time) http.RoundTripper {
	b.Helper()
	session, err := auth.New(auth.Config{
		BaseURL: "https://api.example.com", Refresher: refresh, RefreshWindow: auth.RefreshWindow{MaxAttempts: -1},
		ExpiryWindow: 100 * time.Millisecond, // a program younger than it refreshes nothing in the background
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := session.Login(b.Context(), auth.Token{AccessToken: "first", RefreshToken: "refresh", Expiry: expiry}); err != nil {
		b.Fatal(err)
	}
	return chain.New(session).Transport(server)
}

// send lets herd goroutines send one request each at once, and returns how long that took and what
// it took of the CPU.
func send(b *testing.B, client http.RoundTripper, herd int) (wall, cpu time.Duration) {
	b.Helper()
	wall, cpu, _ = sendCounting(b, client, herd)
	return wall, cpu
}

// sendCounting is send, and counts the runs of the collector meanwhile.
func sendCounting(b *testing.B, client http.RoundTripper, herd int) (wall, cpu time.Duration, collections uint32) {
	b.Helper()
	var ready, done sync.WaitGroup
	gate := make(chan struct{})
	ready.Add(herd)
	for range herd {
		done.Go(func() {
			req := newRequest(b)
			ready.Done()
			<-gate
			resp, err := client.RoundTrip(req)
			if err != nil || resp.StatusCode != http.StatusOK {
				b.Errorf("got %v", err)
				return
			}
			_ = resp.Body.Close()
		})
	}
	ready.Wait()
	runtime.GC() // so that no herd pays for what was there before
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin, used := time.Now(), cpuTime()
	close(gate)
	done.Wait()
	wall, cpu = time.Since(begin), cpuTime()-used
	runtime.ReadMemStats(&after)
	return wall, cpu, after.NumGC - before.NumGC
}

// waiting is the least that a herd can cost: each call is sent, waits for a channel that is closed
// after some time, and is sent again. What is sent is a copy with a header, as in floor.
type waiting struct {
	floor
	until chan struct{}
}

func (w waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := w.floor.RoundTrip(r); err != nil {
		return nil, err
	}
	select {
	case <-w.until:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return w.floor.RoundTrip(r)
}

func newWaiting(took time.Duration) waiting {
	server, token := newRotating(), "token"
	server.newest.Store(&token) // both sends get a response of the server that the herd has
	w := waiting{floor{server, []string{"Bearer token"}}, make(chan struct{})}
	time.AfterFunc(took, func() { close(w.until) })
	return w
}

// BenchmarkHerd: many goroutines meet a 401 together, and there is one refresh. The ratio is the
// wall time of that over the refresh and one round of requests with a good token; the CPU time is
// that of one goroutine, from the first send to its response. The floor beside it is that of
// goroutines that send to the same server, wait for a channel, and send again. Without the
// collector, both are measured once more: whether a run of it falls into a herd depends on little.
func BenchmarkHerd(b *testing.B) {
	const refresh = 100 * time.Millisecond
	for _, herd := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("goroutines=%d", herd), func(b *testing.B) {
			all := make(map[string][]float64)
			note := func(unit string, v float64) { all[unit] = append(all[unit], v) }
			each := func(used time.Duration) float64 { return float64(used.Nanoseconds()) / float64(herd) }
			meet := func(suffix string) (wall, replay time.Duration) {
				_, used, runs := sendCounting(b, newWaiting(refresh), herd)
				note("floor-cpu-ns/goroutine"+suffix, each(used))
				note("floor-collections"+suffix, float64(runs))
				var calls atomic.Int32
				server := newRotating()
				client := rotatingSession(b, server, server.rotate("token", refresh, 0, &calls), time.Time{})
				wall, used, runs = sendCounting(b, client, herd)
				note("cpu-ns/goroutine"+suffix, each(used))
				note("collections"+suffix, float64(runs))
				replay, _ = send(b, client, herd)
				if calls.Load() != 1 {
					b.Fatalf("%d refreshes", calls.Load())
				}
				return wall, replay
			}
			for b.Loop() {
				wall, replay := meet("")
				note("wall/(refresh+replay)", float64(wall)/float64(refresh+replay))
				percent := debug.SetGCPercent(-1)
				meet("/off")
				debug.SetGCPercent(percent)
			}
			b.ReportMetric(1, "refreshes") // or it has failed
			for unit, values := range all {
				b.ReportMetric(middle(values), unit)
			}
		})
	}
}

// BenchmarkParallel: goroutines that use one session at the same time do not wait for each other.
// The CPU time is that of one request, beside that of as many goroutines with a session each.
func BenchmarkParallel(b *testing.B) {
	shared := newSession(b)
	one := func() *auth.Interceptor { return shared }
	own := func() *auth.Interceptor { return newSession(b) }
	for _, callers := range []int{1, 2, 8, 64} {
		var ofOne, ofOwn []float64
		for range *rounds {
			ofOne = append(ofOne, parallel(b, callers, one))
			ofOwn = append(ofOwn, parallel(b, callers, own))
		}
		report(b, fmt.Sprintf("callers=%d", callers), cost{cpu: middle(ofOne)}, "own-cpu-ns", middle(ofOwn))
	}
}

// parallel lets callers send requests at the same time, each through a chain of its own with a
// session from get, and returns the CPU time of one request.
func parallel(b *testing.B, callers int, get func() *auth.Interceptor) float64 {
	b.Helper()
	each := max(2_000, 20_000/callers)
	all := make([]func() error, callers)
	for i := range all {
		// A chain writes to the response, so each has its own.
		all[i] = through(b, chain.New(get()).Transport(newTransport()), 2)
	}
	var group sync.WaitGroup
	used := cpuTime()
	for _, do := range all {
		group.Go(func() {
			for range each {
				if err := do(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
	return float64((cpuTime() - used).Nanoseconds()) / float64(callers*each)
}

// BenchmarkCrossing: requests while a token of known expiry is renewed in the background, against
// those while nothing happens. The ratio is the median over the crossings, since a neighbor on the
// machine can spoil the slowest percent of any one of them.
func BenchmarkCrossing(b *testing.B) {
	const lifetime, took = 500 * time.Millisecond, 30 * time.Millisecond
	var ratios []float64
	for b.Loop() {
		var calls atomic.Int32
		server := newRotating()
		first := "first"
		server.newest.Store(&first)
		var busy atomic.Bool
		rotate := server.rotate("token", took, lifetime, &calls)
		client := rotatingSession(b, server, func(ctx context.Context, old auth.Token) (auth.Token, error) {
			busy.Store(true)
			defer busy.Store(false)
			return rotate(ctx, old)
		}, time.Now().Add(lifetime))
		req := newRequest(b)
		var steady, crossing []time.Duration
		for begin := time.Now(); time.Since(begin) < 2*time.Second; {
			during := busy.Load()
			if !during && len(crossing) > 0 {
				ratios = append(ratios, float64(p99(crossing))/float64(p99(steady)))
				steady, crossing = steady[:0], crossing[:0]
			}
			start := time.Now()
			resp, err := client.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			took := time.Since(start)
			_ = resp.Body.Close()
			if during && busy.Load() {
				crossing = append(crossing, took)
			} else if !during && !busy.Load() {
				steady = append(steady, took)
			}
		}
	}
	if len(ratios) == 0 {
		b.Fatal("no refresh was crossed")
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "p99-crossing/p99-steady")
	b.ReportMetric(float64(len(ratios)), "crossings")
}

func p99(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)*99/100]
}
