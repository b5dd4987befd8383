package interop_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// limited waits its turn before every attempt. It goes last, so that what the others do costs no
// turn.
func limited(l *rate.Limiter) interceptor.Interceptor {
	return &interceptor.Funcs{Name: "rate", Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		if err := l.Wait(req.Context()); err != nil {
			return h.Reject(err, interceptor.Through)
		}
		return h.Next(req)
	}}
}

// TestRate: retries take turns, too, which is the point: the server counts them.
func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := authtest.NewServer(authtest.Config{InMemory: true})
		defer server.Close()
		client := over(t, server.Transport(), signIn(t, server, "alice"), limited(rate.NewLimiter(rate.Every(100*time.Millisecond), 1)))
		server.ExpireAccess()
		began := time.Now()
		for range 3 {
			get(t, client, "/me") // one turn, and the first one more for what is sent again
		}
		if d := time.Since(began); d != 300*time.Millisecond {
			t.Errorf("4 requests at 10 a second took %v, want 300ms", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := client.R().SetContext(ctx).Get("/me")
		if err == nil || !strings.Contains(err.Error(), "would exceed context deadline") || time.Since(began) != 300*time.Millisecond {
			t.Errorf("got %v after %v, want an error at once", err, time.Since(began))
		}
		if s := server.Stats(); s.APICalls != 4 || s.Refreshes != 1 {
			t.Errorf("%d calls, %d refreshes", s.APICalls, s.Refreshes)
		}
		client.GetClient().CloseIdleConnections()
		if client.GetClient().Transport == http.DefaultTransport {
			t.Error("not the chain")
		}
	})
}
