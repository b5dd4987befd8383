package auth_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestRefusals_forbiddenAmongGood: an endpoint that refuses every token costs one refresh, however
// many good calls come in between, and its callers get the server's own response.
func TestRefusals_forbiddenAmongGood(t *testing.T) {
	t.Parallel()
	for _, forbidden := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		for _, together := range []bool{false, true} {
			f := start(t, authtest.Config{}, func(c *auth.Config) {
				c.ShouldRefresh = auth.StatusIn(http.StatusUnauthorized, http.StatusForbidden)
			})
			f.mustGet(t, "/me", http.StatusOK)
			var all []<-chan result
			for n := range 20 {
				path := fmt.Sprintf("/status/%d?n=%d", forbidden, n)
				if together {
					all = append(all, f.goGet(t.Context(), path), f.goGet(t.Context(), "/me"))
					continue
				}
				f.mustGet(t, path, forbidden)
				f.mustGet(t, "/me", http.StatusOK)
			}
			for i, got := range all {
				(<-got).want(t, []int{forbidden, http.StatusOK}[i%2])
			}
			f.AssertRefreshes(t, 1)
		}
	}
}

// TestRefusals_end: what is remembered ends with a good response, with a token that has expired,
// and with time.
func TestRefusals_end(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, AccessTTL: time.Hour})
		refuse := func(n int) { f.FailAPI(n, http.StatusUnauthorized, nil, "no") }
		refuse(3)
		f.mustGet(t, "/me", http.StatusUnauthorized)
		f.mustGet(t, "/me", http.StatusUnauthorized)
		f.AssertRefreshes(t, 1)
		f.mustGet(t, "/me", http.StatusOK) // forgotten
		refuse(1)
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 2)

		refuse(2)
		f.mustGet(t, "/me", http.StatusUnauthorized)
		f.AssertRefreshes(t, 3)
		sleep(61 * time.Second)
		refuse(2)
		f.mustGet(t, "/me", http.StatusUnauthorized)
		f.AssertRefreshes(t, 4)
		sleep(61 * time.Second) // now it lasts two minutes
		refuse(1)
		f.mustGet(t, "/me", http.StatusUnauthorized)
		f.AssertRefreshes(t, 4)

		refuse(0)
		f.mustGet(t, "/me", http.StatusOK)
		refuse(2)
		f.mustGet(t, "/me", http.StatusUnauthorized)
		release := f.HoldAPI(1) // a token that is replaced while the request is on its way
		late := f.goGet(t.Context(), "/me")
		f.await(t, calling(f.Stats().APICalls))
		synctest.Wait()
		f.ExpireAccess()
		if _, err := f.session.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
		release()
		(<-late).want(t, http.StatusOK)
		finish(f)
	})
}
