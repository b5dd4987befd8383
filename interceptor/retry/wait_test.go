package retry_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// TestWait_fullJitter asserts that each wait lies between zero and a ceiling that doubles up to
// MaxDelay, and is spread over all of it.
func TestWait_fullJitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := retry.Config{
			MaxRetries: 6, BaseDelay: 100 * time.Millisecond, MaxDelay: time.Second, MaxElapsed: -1, Budget: retry.Budget{Burst: -1},
		}
		i := newRetry(t, c)
		ceilings := []int{100, 200, 400, 800, 1000, 1000} // ms
		var low, high [6]bool
		for range 200 {
			w := statuses(503)
			if _, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); err != nil {
				t.Fatal(err)
			}
			for n, d := range w.waits() {
				ceiling := time.Duration(ceilings[n]) * time.Millisecond
				if d < 0 || d >= ceiling {
					t.Fatalf("wait %d is %v, want less than %v", n+1, d, ceiling)
				}
				low[n] = low[n] || d < ceiling/4
				high[n] = high[n] || d > ceiling*3/4
			}
		}
		// Of 200 waits none in a quarter: the odds are 1 in 10^25.
		for n := range ceilings {
			if !low[n] || !high[n] {
				t.Errorf("wait %d is not spread: low %v, high %v", n+1, low[n], high[n])
			}
		}
	})
}

// TestWait_longBaseDelay raises MaxDelay.
func TestWait_longBaseDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newRetry(t, retry.Config{MaxRetries: 2, BaseDelay: time.Minute, MaxElapsed: -1, Budget: retry.Budget{Burst: -1}})
		var longest time.Duration
		for range 100 {
			w := statuses(503)
			if _, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); err != nil {
				t.Fatal(err)
			}
			longest = max(longest, w.waits()[1])
		}
		if longest < 20*time.Second || longest >= time.Minute {
			t.Errorf("the longest second wait is %v, want nearly a minute", longest)
		}
	})
}

// TestWait_shortMaxDelay bounds the first wait, too.
func TestWait_shortMaxDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const most = 20 * time.Millisecond
		i := newRetry(t, retry.Config{MaxDelay: most, MaxElapsed: -1, Budget: retry.Budget{Burst: -1}})
		for range 50 {
			w := statuses(503)
			if _, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); err != nil {
				t.Fatal(err)
			}
			if longest := slices.Max(w.waits()); longest >= most {
				t.Fatalf("waited %v, want less than %v", longest, most)
			}
		}
	})
}

func TestWait_retryAfter(t *testing.T) {
	t.Parallel()
	const base = 100 * time.Millisecond
	later := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, c := range []struct {
		name   string
		line   func() line // inside the bubble, where time is
		config retry.Config
		least  time.Duration // then up to base more; 0: jitter alone
		never  bool
	}{
		{name: "seconds", line: func() line { return line{retryAfter: "7"} }, least: 7 * time.Second},
		{name: "white space", line: func() line { return line{retryAfter: " 7 "} }, least: 7 * time.Second},
		{name: "at the limit", line: func() line { return line{retryAfter: "30"} }, least: 30 * time.Second},
		{name: "beyond the limit", line: func() line { return line{retryAfter: "31"} }, never: true},
		{name: "beyond numbers", line: func() line { return line{retryAfter: "99999999999999999999999"} }, never: true},
		{name: "beyond durations", line: func() line { return line{retryAfter: "9223372036854775807"} }, never: true},
		{name: "limit of the user", line: func() line { return line{retryAfter: "90"} }, config: retry.Config{MaxRetryAfter: 2 * time.Minute, MaxElapsed: time.Hour}, least: 90 * time.Second},
		{name: "switched off", line: func() line { return line{retryAfter: "1"} }, config: retry.Config{MaxRetryAfter: -1}, never: true},
		{name: "beyond MaxElapsed", line: func() line { return line{retryAfter: "20"} }, config: retry.Config{MaxElapsed: 10 * time.Second}, never: true},
		{name: "zero", line: func() line { return line{retryAfter: "0"} }},
		{name: "negative", line: func() line { return line{retryAfter: "-5"} }},
		{name: "fraction", line: func() line { return line{retryAfter: "1.5"} }},
		{name: "nonsense", line: func() line { return line{retryAfter: "soon"} }},
		{name: "date", line: func() line { return line{retryAfter: later(12 * time.Second)} }, least: 12 * time.Second},
		{name: "date in the past", line: func() line { return line{retryAfter: later(-time.Hour)} }},
		{name: "date far away", line: func() line { return line{retryAfter: later(time.Hour)} }, never: true},
		{name: "date by a clock that is wrong", line: func() line {
			return line{retryAfter: later(time.Hour + 9*time.Second), header: http.Header{"Date": {later(time.Hour)}}}
		}, least: 9 * time.Second},
		{name: "date by a clock that nobody knows", line: func() line {
			return line{retryAfter: later(9 * time.Second), header: http.Header{"Date": {"yesterday"}}}
		}, least: 9 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first := c.line()
				first.status = http.StatusTooManyRequests
				w := &wire{script: []line{first, {status: 200}}}
				c.config.BaseDelay = base
				began := time.Now()
				status, err := send(t.Context(), t, over(w, newRetry(t, c.config)), http.MethodGet, "")
				if err != nil {
					t.Fatal(err)
				}
				took := time.Since(began)
				switch {
				case c.never && (status != http.StatusTooManyRequests || took != 0):
					t.Errorf("got %d after %v, want the 429 at once", status, took)
				case !c.never && (status != 200 || took < c.least || took >= c.least+base):
					t.Errorf("got %d after %v, want at least %v and less than %v more", status, took, c.least, base)
				}
			})
		})
	}
}

// TestWait_deadline asserts that a wait for which the context leaves no time is not begun, and
// costs no token.
func TestWait_deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := newRetry(t, retry.Config{Budget: retry.Budget{Burst: 1, PerSecond: -1, PerSuccess: -1}})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		w := &wire{script: []line{{status: 503, retryAfter: "5"}}}
		began := time.Now()
		if status, err := send(ctx, t, over(w, i), http.MethodGet, ""); status != 503 || err != nil || time.Since(began) != 0 {
			t.Errorf("got %d, %v after %v", status, err, time.Since(began))
		}
		if status, err := send(t.Context(), t, over(statuses(503, 200), i), http.MethodGet, ""); status != 200 || err != nil {
			t.Errorf("got %d, %v: the token is gone", status, err)
		}
	})
}

// TestMaxElapsed counts from the beginning of the call, the time of the sends included.
func TestMaxElapsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes time.Duration
		sends int
	}{
		"slow sends":        {takes: 4 * time.Second, sends: 3},
		"one send too many": {takes: 11 * time.Second, sends: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{script: []line{{status: 503, takes: c.takes}}}
				i := newRetry(t, retry.Config{MaxRetries: 20, BaseDelay: time.Millisecond, MaxElapsed: 10 * time.Second})
				if status, err := send(t.Context(), t, over(w, i), http.MethodGet, ""); status != 503 || err != nil || w.count() != c.sends {
					t.Errorf("got %d, %v, %d sends, want %d", status, err, w.count(), c.sends)
				}
			})
		})
	}
}
