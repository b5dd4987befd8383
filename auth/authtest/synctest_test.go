package authtest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// The test of the package comment's section Time.
func TestServer_in_a_bubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := authtest.NewServer(authtest.Config{InMemory: true, AccessTTL: time.Hour})
		defer server.Close()
		c := &client{http: server.Client(), base: server.URL, pair: server.Issue("alice")}

		<-time.After(time.Hour)
		if got := c.get("/me"); got != "200 OK" {
			t.Errorf("got %s", got)
		}

		server.AssertRefreshes(t, 1)
	})
}

// Everything that has a connection, a hold or a timer of its own ends with Close: the bubble would
// report a deadlock if a goroutine were left.
func TestServer_leaves_no_goroutine_in_a_bubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := authtest.NewServer(authtest.Config{InMemory: true})
		p := s.Issue("alice")
		s.DelayRefresh(time.Hour)
		s.HoldAPI(1)
		for _, r := range []*http.Request{
			request(t.Context(), t, s, http.MethodGet, "/me", "", bearer(p.AccessToken)),
			request(t.Context(), t, s, http.MethodPost, "/auth/refresh", `{"refreshToken":"`+p.RefreshToken+`"}`, nil),
			request(t.Context(), t, s, http.MethodGet, s.Foreign().URL, "", nil),
		} {
			go func() { _, _ = try(s, r) }()
		}
		synctest.Wait()
		if st := s.Stats(); st.APICalls != 1 || st.Refreshes != 1 || st.ForeignRequests != 1 {
			t.Errorf("%+v", st)
		}
		begin := time.Now()
		s.Close()
		if d := time.Since(begin); d >= time.Hour {
			t.Errorf("Close took %v", d)
		}
	})
}
