package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage"
)

// users is a client that acts for many users.
type users struct {
	*authtest.Server

	sessions *auth.Sessions
	client   *http.Client
	events   *events
}

// startUsers makes such a client; the changes adjust the configuration.
func startUsers(t *testing.T, server authtest.Config, change ...func(*auth.SessionsConfig)) *users {
	t.Helper()
	server.InMemory = true
	u := &users{Server: authtest.NewServer(server), events: new(events)}
	c := auth.SessionsConfig{Session: auth.Config{
		BaseURL:   u.URL,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh"}, // through the transport beneath the chain
		OnEvent:   u.events.add,
	}}
	for _, f := range change {
		f(&c)
	}
	var err error
	if u.sessions, err = auth.NewSessions(c); err != nil {
		t.Fatal(err)
	}
	u.client = &http.Client{Transport: chain.New(u.sessions).Transport(u.Transport())}
	return u
}

func (u *users) login(t *testing.T, accounts ...string) {
	t.Helper()
	for _, account := range accounts {
		if err := u.sessions.Login(t.Context(), account, token(u.Issue(account))); err != nil {
			t.Fatal(err)
		}
	}
}

func (u *users) finish(t *testing.T) {
	t.Helper()
	if err := u.sessions.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	u.Close()
}

// whoami asks the server who the request of ctx is from.
func (u *users) whoami(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "/me", http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var user authtest.User
	if resp.StatusCode != http.StatusOK {
		return "", errors.New(resp.Status)
	}
	err = json.NewDecoder(resp.Body).Decode(&user)
	return user.ID, err
}

func names(n int) []string {
	accounts := make([]string, n)
	for i := range accounts {
		accounts[i] = fmt.Sprintf("user-%03d", i)
	}
	return accounts
}

// TestSessions_manyUsers: 500 users with tokens of one second, of whom 100 are kept, on 32
// goroutines: every response is the right user's, and no refresh token is used twice.
func TestSessions_manyUsers(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]auth.Store{"memory only": nil, "a store": storage.NewMemory()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := startUsers(t, authtest.Config{AccessTTL: time.Second}, func(c *auth.SessionsConfig) {
					c.MaxIdle, c.Session.Store = 100, store
				})
				all := names(500)
				u.login(t, all...)
				var group sync.WaitGroup
				for range 32 {
					group.Go(func() {
						for range 150 {
							account := all[rand.N(len(all))]
							if rand.N(3) == 0 {
								account = all[rand.N(10)] // some are busy
							}
							got, err := u.whoami(auth.WithAccount(t.Context(), account))
							if err != nil || got != account {
								t.Errorf("%s: got %q, %v", account, got, err)
							}
							sleep(20 * time.Millisecond)
						}
					})
				}
				group.Wait()
				synctest.Wait()
				if c := u.sessions.Counts(); c.Idle > 100 || c.InUse != 0 {
					t.Errorf("got %+v", c)
				}
				if n := u.Stats().Refreshes; n < 500 {
					t.Errorf("%d refreshes, so the tokens did not expire", n)
				}
				u.AssertNoReuse(t)
				accounts, err := u.sessions.Accounts(t.Context())
				if err != nil || !slices.Equal(accounts, all) {
					t.Errorf("%d accounts, %v", len(accounts), err)
				}
				u.finish(t)
			})
		})
	}
}

// TestSessions_noAccount: without an account nothing is sent; there is no default.
func TestSessions_noAccount(t *testing.T) {
	t.Parallel()
	u := startUsers(t, authtest.Config{})
	defer u.finish(t)
	u.login(t, "default")
	var sent int
	u.client.Transport = chain.New(u.sessions).Transport(counter{u.Transport(), &sent})
	for name, ctx := range map[string]context.Context{
		"none":  t.Context(),
		"empty": auth.WithAccount(t.Context(), ""),
	} {
		if _, err := u.whoami(ctx); !errors.Is(err, auth.ErrNoAccount) || sent != 0 {
			t.Errorf("%s: got %v, %d sent", name, err, sent)
		}
	}
	if _, err := u.whoami(auth.WithAccount(t.Context(), "\xff")); err == nil || !strings.Contains(err.Error(), "UTF-8") || sent != 0 {
		t.Errorf("got %v, %d sent", err, sent)
	}
	if _, err := u.whoami(auth.WithoutAuth(t.Context())); err == nil || sent != 1 {
		t.Errorf("WithoutAuth: got %v, %d sent", err, sent)
	}
	if c := u.sessions.Counts(); c.InUse != 0 {
		t.Errorf("got %+v", c)
	}
}

type counter struct {
	base http.RoundTripper
	n    *int
}

func (c counter) RoundTrip(r *http.Request) (*http.Response, error) {
	*c.n++
	return c.base.RoundTrip(r)
}

// TestSessions_accountFunction takes the account from wherever a program keeps it.
func TestSessions_accountFunction(t *testing.T) {
	t.Parallel()
	type tenant struct{}
	u := startUsers(t, authtest.Config{}, func(c *auth.SessionsConfig) {
		c.Account = func(ctx context.Context) (string, bool) {
			name, ok := ctx.Value(tenant{}).(string)
			return name, ok
		}
	})
	defer u.finish(t)
	u.login(t, "alice")
	if got, err := u.whoami(context.WithValue(t.Context(), tenant{}, "alice")); err != nil || got != "alice" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := u.whoami(auth.WithAccount(t.Context(), "alice")); !errors.Is(err, auth.ErrNoAccount) {
		t.Errorf("got %v", err)
	}
}

// TestSessions_eviction by number and by time; evicted sessions come back from the store, and those
// in use stay.
func TestSessions_eviction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := startUsers(t, authtest.Config{}, func(c *auth.SessionsConfig) { c.MaxIdle, c.IdleTime = 2, time.Minute })
		u.login(t, "a", "b")
		used, release, err := u.sessions.For(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		u.login(t, "c", "d")
		if c := u.sessions.Counts(); c.InUse != 1 || c.Idle != 2 { // b went first
			t.Errorf("got %+v", c)
		}
		sleep(30 * time.Second)
		if got, err := u.whoami(auth.WithAccount(t.Context(), "b")); err != nil || got != "b" {
			t.Errorf("an evicted session: got %q, %v", got, err)
		}
		sleep(31 * time.Second)
		if c := u.sessions.Counts(); c.Idle != 1 { // b, used 31 s ago
			t.Errorf("after a minute: %+v", c)
		}
		sleep(time.Hour)
		if c := u.sessions.Counts(); c.Idle != 0 || c.InUse != 1 || c.SignedIn != 1 {
			t.Errorf("after an hour: %+v", c)
		}
		if _, err := used.Refresh(t.Context()); err != nil {
			t.Errorf("the session in use was closed: %v", err)
		}
		release()
		release() // once is enough
		sleep(time.Hour)
		if c := u.sessions.Counts(); c != (auth.SessionCounts{}) {
			t.Errorf("in the end: %+v", c)
		}
		if accounts, err := u.sessions.Accounts(t.Context()); err != nil || fmt.Sprint(accounts) != "[a b c d]" {
			t.Errorf("got %v, %v", accounts, err)
		}
		u.finish(t)
	})
}

// TestSessions_busyIsNotEvicted: a session with a refresh under way, or a token that the store has
// not taken, is kept until that is done, so neither is lost.
func TestSessions_busyIsNotEvicted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newFaulty()
		u := startUsers(t, authtest.Config{AccessTTL: time.Minute}, func(c *auth.SessionsConfig) {
			c.MaxIdle, c.IdleTime, c.Session.Store = 1, time.Second, store
		})
		u.login(t, "a", "b")
		sleep(55 * time.Second)
		release := u.HoldRefresh()
		if got, err := u.whoami(auth.WithAccount(t.Context(), "a")); err != nil || got != "a" {
			t.Fatalf("got %q, %v", got, err) // its refresh runs in the background now
		}
		sleep(10 * time.Second)
		if c := u.sessions.Counts(); c.Idle != 1 || c.Refreshing != 1 {
			t.Errorf("while it refreshes: %+v", c)
		}
		store.fail(0, 0, always)
		release()
		sleep(20 * time.Second)
		if c := u.sessions.Counts(); c.Idle != 1 || c.Unsaved != 1 {
			t.Errorf("while it is not saved: %+v", c)
		}
		store.fail(0, 0, 0)
		sleep(time.Minute)
		if c := u.sessions.Counts(); c.Idle != 0 {
			t.Errorf("in the end: %+v", c)
		}
		if got, err := u.whoami(auth.WithAccount(t.Context(), "a")); err != nil || got != "a" {
			t.Errorf("afterwards: got %q, %v", got, err)
		}
		u.AssertNoReuse(t)
		u.finish(t)
	})
}

// TestSessions_pins: a call holds its session from OnRequest to its end, however it ends.
func TestSessions_pins(t *testing.T) {
	t.Parallel()
	u := startUsers(t, authtest.Config{}, func(c *auth.SessionsConfig) { c.MaxIdle = 1 })
	defer u.finish(t)
	u.login(t, "alice", "bob")
	inUse := 0
	end := func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }
	base := transportFunc(func(r *http.Request) (*http.Response, error) {
		inUse = u.sessions.Counts().InUse
		return end(r)
	})
	rejects := interceptor.Funcs{Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		inUse = u.sessions.Counts().InUse
		return h.Reject(io.EOF)
	}}
	renews := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Next(&interceptor.Request{Request: req.Request}) // without what the chain knows
	}}
	for name, c := range map[string]struct {
		before, after interceptor.Interceptor
		end           func(*http.Request) (*http.Response, error)
	}{
		"a response":     {end: u.Transport().RoundTrip},
		"a failure":      {end: end},
		"a panic":        {end: func(*http.Request) (*http.Response, error) { panic("wire") }},
		"a rejection":    {after: rejects, end: end},
		"made by hand":   {before: renews, end: end},
		"a 401, retried": {before: renews, end: u.Transport().RoundTrip},
	} {
		inUse, end = 0, c.end
		if strings.Contains(name, "401") {
			u.ExpireAccess()
		}
		u.client.Transport = chain.New(c.before, u.sessions, c.after).Transport(base)
		func() {
			defer func() { _ = recover() }()
			_, _ = u.whoami(auth.WithAccount(t.Context(), "alice"))
		}()
		if got := u.sessions.Counts(); inUse != 1 || got.InUse != 0 || got.Idle != 1 {
			t.Errorf("%s: %d in use while it ran, then %+v", name, inUse, got)
		}
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestSessions_refresherUsesTheClient: a request of a Refresher through the same client needs no
// account and waits for nothing.
func TestSessions_refresherUsesTheClient(t *testing.T) {
	t.Parallel()
	var u *users
	u = startUsers(t, authtest.Config{}, func(c *auth.SessionsConfig) {
		c.Session.Refresher = auth.RefreshFunc(func(ctx context.Context, _ auth.Token) (auth.Token, error) {
			if _, err := u.whoami(ctx); err == nil || errors.Is(err, auth.ErrNoAccount) {
				t.Errorf("got %v, want a 401", err)
			}
			return token(u.Issue("alice")), nil
		})
	})
	defer u.finish(t)
	u.login(t, "alice")
	u.ExpireAccess()
	if got, err := u.whoami(auth.WithAccount(t.Context(), "alice")); err != nil || got != "alice" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestSessions_logout of one and of all; the others stay.
func TestSessions_logout(t *testing.T) {
	t.Parallel()
	store := newFaulty()
	u := startUsers(t, authtest.Config{}, func(c *auth.SessionsConfig) { c.Session.Store, c.MaxIdle = store, 3 })
	defer u.finish(t)
	all := names(20)
	u.login(t, all...)
	if err := u.sessions.Logout(t.Context(), all[0]); err != nil {
		t.Error(err)
	}
	if st, err := u.sessions.Status(t.Context(), all[0]); err != nil || st.SignedIn || st.Account != all[0] {
		t.Errorf("got %+v, %v", st, err)
	}
	if st, err := u.sessions.Status(t.Context(), all[1]); err != nil || !st.SignedIn {
		t.Errorf("got %+v, %v", st, err)
	}
	accounts, err := u.sessions.Accounts(t.Context())
	if err != nil || !slices.Equal(accounts, all[1:]) {
		t.Errorf("got %v, %v", accounts, err)
	}
	store.fail(0, 1, 0)
	err = u.sessions.Logout(t.Context(), append(accounts, "")...)
	if !errors.Is(err, auth.ErrPersist) || !errors.Is(err, auth.ErrNoAccount) || strings.Count(err.Error(), "account \"") != 2 {
		t.Errorf("got %v", err)
	}
	if err := u.sessions.Logout(t.Context(), accounts...); err != nil {
		t.Error(err)
	}
	if accounts, err := u.sessions.Accounts(t.Context()); err != nil || len(accounts) != 0 {
		t.Errorf("left: %v, %v", accounts, err)
	}
	if err := u.sessions.Logout(t.Context()); err != nil {
		t.Errorf("of nobody: %v", err)
	}
}

// TestSessions_close keeps what is known usable and lets nothing new begin.
func TestSessions_close(t *testing.T) {
	t.Parallel()
	u := startUsers(t, authtest.Config{})
	u.login(t, "alice", "bob")
	u.finish(t)
	if err := u.sessions.Close(t.Context()); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if _, _, err := u.sessions.For(t.Context(), "carol"); !errors.Is(err, auth.ErrClosed) {
		t.Errorf("got %v", err)
	}
	a, release, err := u.sessions.For(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Token(t.Context()); err != nil {
		t.Error(err)
	}
	release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := u.sessions.For(ctx, "bob"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestNewSessions_checks the configuration, all of it at once.
func TestNewSessions_checks(t *testing.T) {
	t.Parallel()
	_, err := auth.NewSessions(auth.SessionsConfig{Session: auth.Config{Account: "alice", RefreshTimeout: -1}})
	if err == nil || !strings.Contains(err.Error(), "Account must be empty") || !strings.Contains(err.Error(), "RefreshTimeout") {
		t.Errorf("got %v", err)
	}
	s, err := auth.NewSessions(auth.SessionsConfig{Session: auth.Config{BaseURL: "https://api.example.com"}, IdleTime: -1, MaxIdle: -1})
	if err != nil {
		t.Fatal(err)
	}
	if s.BaseURL() != "https://api.example.com" || !s.CopyOnWrite() || s.UsesRestyRequest() || fmt.Sprintf("%#v", s) != "auth.Sessions" {
		t.Errorf("got %#v", s)
	}
	if v := s.OnError(&interceptor.Error{}, interceptor.ErrorHandler{}); v.String() != "next" {
		t.Errorf("got %v", v)
	}
	if v := s.OnResponse(&interceptor.Response{}, interceptor.ResponseHandler{}); v.String() != "next" {
		t.Errorf("got %v", v)
	}
	s.OnDone(&interceptor.Request{}, nil, nil)
	if err := s.Login(t.Context(), "alice", auth.Token{AccessToken: "a"}); err != nil {
		t.Error(err)
	}
	if c := s.Counts(); c.Idle != 1 || c.SignedIn != 1 {
		t.Errorf("got %+v", c)
	}
}
