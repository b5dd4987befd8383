package auth_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage"
)

// TestConcurrent_newRequest: a request that begins while a refused token is being refreshed is sent
// with that token, which the clock says is good; refused as well, it joins the refresh.
func TestConcurrent_newRequest(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	release := f.HoldRefresh()
	first := f.goGet(t.Context(), "/me")
	f.await(t, refreshing(1))
	second := f.goGet(t.Context(), "/me")
	f.await(t, calling(2))
	release()
	(<-first).want(t, http.StatusOK)
	(<-second).want(t, http.StatusOK)
	f.AssertRefreshes(t, 1)
}

// TestConcurrent_again: one refresh after the other works.
func TestConcurrent_again(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	for n := range 5 {
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, n+1)
	}
	f.AssertNoReuse(t)
}

// TestConcurrent_loginAfterFailure: after failures a login is used at once.
func TestConcurrent_loginAfterFailure(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	f.ExpireAccess()
	f.FailRefresh(1, http.StatusServiceUnavailable, http.Header{"Retry-After": {"3600"}}, "")
	f.mustFail(t, "/me", auth.ErrRefreshFailed)
	f.login(t)
	f.mustGet(t, "/me", http.StatusOK)
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	f.AssertRefreshes(t, 2)
}

// TestConcurrent_load: many requests that find nothing known read the store once; a Login or Logout
// that comes before it has answered counts.
func TestConcurrent_load(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(context.Context, *fixture) error{
		"nothing": func(context.Context, *fixture) error { return nil },
		"Login":   func(ctx context.Context, f *fixture) error { return f.session.Login(ctx, token(f.Issue("bob"))) },
		"Logout":  func(ctx context.Context, f *fixture) error { return f.session.Logout(ctx) },
	} {
		synctest.Test(t, func(t *testing.T) {
			memory := storage.NewMemory()
			f := start(t, authtest.Config{InMemory: true}, with(memory))
			slow := &slowReader{Memory: memory, gate: make(chan chan struct{}, 1)}
			release := make(chan struct{})
			slow.gate <- release
			g := join(t, f.Server, with(slow))
			var all []<-chan result
			for range 20 {
				all = append(all, g.goGet(t.Context(), "/me"))
			}
			synctest.Wait()
			if err := change(t.Context(), g); err != nil {
				t.Error(err)
			}
			close(release)
			for _, r := range all {
				got := <-r
				switch name {
				case "Logout":
					got.fails(t, auth.ErrLoginRequired)
				case "Login":
					got.want(t, http.StatusOK)
					if !strings.Contains(got.body, "bob") {
						t.Errorf("got %s", got.body)
					}
				default:
					got.want(t, http.StatusOK)
				}
			}
			if slow.loads != 1 && name != "Logout" { // whose requests look again when they are refused
				t.Errorf("%s: %d loads", name, slow.loads)
			}
			finish(f, g)
		})
	}
}

// TestConcurrent_thousand goroutines that want a token at once cause one refresh.
func TestConcurrent_thousand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true})
		sleep(time.Hour)
		errs := make(chan error, 1000)
		for range cap(errs) {
			go func() {
				_, err := f.session.Token(t.Context())
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
		}
		f.AssertRefreshes(t, 1)
		finish(f)
	})
}

// TestConcurrent_ownClient: a Refresher that sends through the very client with the chain does not
// wait for itself, whether its endpoint grants the refresh or refuses it.
func TestConcurrent_ownClient(t *testing.T) {
	t.Parallel()
	var f *fixture
	f = start(t, authtest.Config{}, func(c *auth.Config) {
		c.Refresher = auth.RefreshFunc(func(ctx context.Context, old auth.Token) (auth.Token, error) {
			status, body, err := f.send(ctx, http.MethodPost, "/auth/refresh", strings.NewReader(`{"refreshToken":"`+old.RefreshToken+`"}`))
			switch {
			case err != nil:
				return auth.Token{}, err
			case status == http.StatusUnauthorized:
				return auth.Token{}, auth.ErrInvalidGrant
			}
			tok, ok := auth.ParseTokenAt([]byte(body), http.Header{}, time.Now())
			if !ok {
				return auth.Token{}, errors.New("no token")
			}
			return tok, nil
		})
	})
	for range 2 {
		f.ExpireAccess()
		f.mustGet(t, "/me", http.StatusOK)
	}
	f.RevokeAll()
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.AssertRefreshes(t, 3)
}

// TestTransportError without an answer begins no refresh.
func TestTransportError(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut")
	session := signedIn(t, auth.Config{
		BaseURL: "https://api.example.com",
		Refresher: auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) {
			t.Error("a refresh")
			return auth.Token{}, cut
		}),
	})
	f := &fixture{client: clientOver(session, roundTrip(func(*http.Request) (*http.Response, error) { return nil, cut }))}
	f.mustFail(t, "/me", cut)
	f.client = clientOver(session, &wire{status: http.StatusInternalServerError})
	f.mustGet(t, "/me", http.StatusInternalServerError)
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestNoExpiry: a token whose expiry is unknown serves until the server says otherwise.
func TestNoExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, authtest.Config{InMemory: true, AccessTTL: 10000 * time.Hour, RefreshTTL: 20000 * time.Hour, OpaqueTokens: true})
		if err := f.session.Login(t.Context(), f.unexpiring()); err != nil {
			t.Fatal(err)
		}
		sleep(9999 * time.Hour)
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 0)
		sleep(2 * time.Hour)
		f.mustGet(t, "/me", http.StatusOK)
		f.AssertRefreshes(t, 1)
		finish(f)
	})
}

// TestRequestBody_closed where the request is never sent.
func TestRequestBody_closed(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{}, func(c *auth.Config) {
		c.Refresher = auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) { return auth.Token{}, errFull })
	})
	tok := token(f.Issue("alice"))
	tok.Expiry = time.Now().Add(-time.Hour)
	if err := f.session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	body := &closable{Reader: strings.NewReader("x")}
	if _, _, err := f.send(t.Context(), http.MethodPost, "/echo", body); !errors.Is(err, auth.ErrRefreshFailed) {
		t.Errorf("got %v", err)
	}
	if !body.closed {
		t.Error("the body was not closed")
	}
}

type closable struct {
	io.Reader

	closed bool
}

func (c *closable) Close() error {
	c.closed = true
	return nil
}

// TestGzipAfterRefresh: the answer to the request sent again is decoded like any other.
func TestGzipAfterRefresh(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer new" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, "hello")
		_ = z.Close()
	}))
	t.Cleanup(server.Close)
	session := signedIn(t, auth.Config{BaseURL: server.URL, Refresher: answering(auth.Token{AccessToken: "new"})})
	f := &fixture{client: clientOver(session, transport(t))}
	if body := f.mustGet(t, "/", http.StatusOK); body != "hello" {
		t.Errorf("got %q", body)
	}
	if err := session.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestPredicatePanics: a panic of ShouldRefresh or SetCredential reaches the caller, as any panic
// below net/http does, and blocks no other caller.
func TestPredicatePanics(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*auth.Config, *bool){
		"ShouldRefresh": func(c *auth.Config, armed *bool) {
			c.ShouldRefresh = func(r *interceptor.Response) bool { boom(armed); return auth.Unauthorized(r) }
		},
		"SetCredential": func(c *auth.Config, armed *bool) {
			c.SetCredential = func(r *http.Request, tok auth.Token) error {
				boom(armed)
				r.Header.Set("Authorization", "Bearer "+tok.AccessToken)
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			armed := false
			f := start(t, authtest.Config{}, func(c *auth.Config) { change(c, &armed) })
			f.ExpireAccess()
			armed = true
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				_, _, _ = f.get(t.Context(), "/me")
			}()
			f.mustGet(t, "/me", http.StatusOK)
			f.AssertRefreshes(t, 1)
		})
	}
}

// boom panics once.
func boom(armed *bool) {
	if *armed {
		*armed = false
		panic("boom")
	}
}

// TestOrder_othersSeeEverySend: an interceptor before the session sees both sends, one behind it
// the token as well.
func TestOrder_othersSeeEverySend(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	var seen []string
	spy := func(name string) interceptor.Interceptor {
		return interceptor.Funcs{Request: func(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			label := name
			if r.Header.Get("Authorization") != "" {
				label += "+token"
			}
			seen = append(seen, label)
			return h.Next(r)
		}}
	}
	f.client = &http.Client{Transport: chain.New(spy("A"), f.session, spy("B")).Transport(f.Transport())}
	f.ExpireAccess()
	f.mustGet(t, "/me", http.StatusOK)
	if got := strings.Join(seen, " "); got != "A B+token A B+token" {
		t.Errorf("got %s", got)
	}
}
