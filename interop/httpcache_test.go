package interop_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-resty/resty/v2"
	"github.com/gregjones/httpcache"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// partition is the part of a cache that belongs to one login: httpcache itself tells answers apart
// by their URL alone. A new login, of whomever, begins with an empty one.
type partition struct {
	httpcache.Cache

	account string
	login   atomic.Int64
}

func (p *partition) key(k string) string {
	return fmt.Sprintf("%s %d %s", p.account, p.login.Load(), k)
}

func (p *partition) Get(k string) ([]byte, bool) { return p.Cache.Get(p.key(k)) }
func (p *partition) Set(k string, data []byte)   { p.Cache.Set(p.key(k), data) }
func (p *partition) Delete(k string)             { p.Cache.Delete(p.key(k)) }

// onEvent is the value for auth.Config.OnEvent.
func (p *partition) onEvent(e auth.Event) {
	if e.Kind == auth.SignedIn || e.Kind == auth.SignedOut {
		p.login.Add(1)
	}
}

// cached lays a cache over base. What it must not keep it does not get to see: it stores any
// status, and for a Vary: Authorization the token, which it even adds to the response.
func cached(p *partition, base http.RoundTripper) http.RoundTripper {
	t := httpcache.NewTransport(p)
	t.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := base.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		var vary []string
		for name := range strings.SplitSeq(strings.Join(resp.Header.Values("Vary"), ","), ",") {
			if name = strings.TrimSpace(name); name != "" && !strings.EqualFold(name, "Authorization") {
				vary = append(vary, name) // the partition tells accounts apart
			}
		}
		resp.Header["Vary"] = vary
		if resp.StatusCode >= http.StatusBadRequest {
			resp.Header.Set("Cache-Control", "no-store")
		}
		return resp, nil
	})
	return t
}

// cacheable serves an API whose answers, the refusals too, may be kept for a minute.
func cacheable(t *testing.T, server *authtest.Server, vary string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, max-age=60")
		w.Header().Set("Vary", vary)
		server.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestHTTPCache(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	url := cacheable(t, server, "Accept, Authorization")
	shared := httpcache.NewMemoryCache()
	open := func(user string) (get func(want string, fromCache bool), session *auth.Interceptor) {
		p := &partition{Cache: shared, account: user}
		session = signIn(t, server, user, func(c *auth.Config) { c.BaseURL, c.OnEvent = url, p.onEvent })
		client := over(t, cached(p, new(http.Transport)), session)
		return func(want string, fromCache bool) {
			t.Helper()
			resp, err := client.R().Get("/me")
			if err != nil || resp.StatusCode() != http.StatusOK || !strings.Contains(resp.String(), `"username":"`+want+`"`) {
				t.Errorf("got %s, %v, want %s", resp, err, want)
			}
			if hit := resp.Header().Get(httpcache.XFromCache) == "1"; hit != fromCache {
				t.Errorf("%s from the cache: %t, want %t", want, hit, fromCache)
			}
			for name := range resp.Header() {
				if strings.HasPrefix(name, "X-Varied-Authorization") {
					t.Errorf("the token came back in %s", name)
				}
			}
		}, session
	}
	alice, session := open("alice")
	bob, _ := open("bob")
	alice("alice", false)
	alice("alice", true)
	bob("bob", false) // the same URL
	bob("bob", true)

	// The next login in alice's place is carol's.
	if err := session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	carol := server.Issue("carol")
	if err := session.Login(t.Context(), auth.Token{AccessToken: carol.AccessToken, RefreshToken: carol.RefreshToken}); err != nil {
		t.Fatal(err)
	}
	// A refusal is not kept, although the server allows it: what is sent again gets to the server.
	server.ExpireAccess()
	alice("carol", false)
	alice("carol", true)
	server.AssertRefreshes(t, 1)
}

// TestHTTPCache_why pins what the recipe protects from, so that it is neither dropped too early nor
// kept too long.
func TestHTTPCache_why(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	bare := func(vary string) func(user string) *resty.Client {
		url, base := cacheable(t, server, vary), httpcache.NewMemoryCacheTransport()
		network := new(http.Transport)
		base.Transport = network
		t.Cleanup(network.CloseIdleConnections)
		return func(user string) *resty.Client {
			return over(t, base, signIn(t, server, user, func(c *auth.Config) { c.BaseURL = url }))
		}
	}
	open := bare("Authorization")
	if resp := get(t, open("alice"), "/me"); !strings.HasPrefix(resp.Header().Get("X-Varied-Authorization"), "Bearer ") {
		t.Error("the token is no longer put into responses, and so into the cache")
	}
	open = bare("")
	get(t, open("alice"), "/me")
	if resp := get(t, open("bob"), "/me"); !strings.Contains(resp.String(), `"username":"alice"`) {
		t.Error("bob no longer gets what alice was told")
	}
	client := bare("")("alice")
	server.ExpireAccess()
	if resp, err := client.R().Get("/me"); err != nil || resp.StatusCode() != http.StatusUnauthorized {
		t.Errorf("a 401 is no longer kept and found again after the refresh: %v, %v", resp.Status(), err)
	}
}
