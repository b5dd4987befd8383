package auth

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// wake makes a session look as it does when the machine has been asleep for a time: the wall clock
// has counted it, the monotonic clock and timers have not.
func wake(a *Interceptor, asleep time.Duration) {
	s := *a.state.current.Load()
	s.refreshAt, s.expiresAt = s.refreshAt.Add(-asleep), s.expiresAt.Add(-asleep)
	a.state.current.Store(&s)
}

// TestFreshness_asleep: a token that has expired while the machine slept is renewed within a second
// after it wakes up, also if a session in constant use has a timer running.
func TestFreshness_asleep(t *testing.T) {
	t.Parallel()
	for _, pause := range []time.Duration{10 * time.Millisecond, 300 * time.Millisecond} {
		for used := time.Duration(0); used < 3*time.Second; used += 170 * time.Millisecond {
			synctest.Test(t, func(t *testing.T) {
				refreshes := 0
				a, err := New(Config{BaseURL: "https://api.example.com", Refresher: RefreshFunc(func(context.Context, Token) (Token, error) {
					refreshes++
					return Token{AccessToken: "new", RefreshToken: "r", Expiry: time.Now().Add(time.Hour)}, nil
				})})
				if err == nil {
					err = a.Login(t.Context(), Token{AccessToken: "old", RefreshToken: "r", Expiry: time.Now().Add(time.Hour)})
				}
				if err != nil {
					t.Fatal(err)
				}
				signed := func() string {
					r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/me", http.NoBody)
					if err != nil {
						t.Fatal(err)
					}
					a.OnRequest(&interceptor.Request{Request: r}, interceptor.RequestHandler{})
					return r.Header.Get("Authorization")
				}
				for begin := time.Now(); time.Since(begin) < used; <-time.After(pause) {
					signed()
				}
				wake(a, -time.Hour) // a clock that is set back costs nothing
				signed()
				wake(a, time.Hour)
				signed()
				if refreshes != 0 {
					t.Fatalf("%d refreshes before the machine slept", refreshes)
				}
				wake(a, 2*time.Hour)
				woken := time.Now()
				if signed() != "Bearer old" || refreshes != 0 {
					t.Error("the wall clock is read for every request")
				}
				for signed() != "Bearer new" {
					if time.Since(woken) > time.Second {
						t.Fatalf("used for %v every %v: the old token is sent %v after waking up", used, pause, time.Since(woken))
					}
					<-time.After(pause)
				}
				if refreshes != 1 {
					t.Errorf("%d refreshes", refreshes)
				}
				if err := a.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
