package guides_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage"
)

// backend is a web server that calls an API for its users.
type backend struct {
	sessions *auth.Sessions
	api      *resty.Client
}

func newBackend(api string, store storage.Store) (*backend, error) {
	sessions, err := auth.NewSessions(auth.SessionsConfig{
		Session: auth.Config{
			BaseURL:       api,
			Store:         store,
			Refresher:     auth.JSONRefresher{URL: "/auth/refresh"},
			AccountIsUser: true,
		},
	})
	if err != nil {
		return nil, err
	}
	client := resty.New()
	if err := chain.New(sessions).Install(client); err != nil {
		return nil, err
	}
	return &backend{sessions: sessions, api: client}, nil
}

func (b *backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, ok := userOf(r)
	if !ok {
		http.Error(w, "sign in", http.StatusUnauthorized)
		return
	}
	ctx := auth.WithAccount(r.Context(), user)
	var me authtest.User
	_, err := b.api.R().SetContext(ctx).SetResult(&me).Get("/me")
	switch {
	case errors.Is(err, auth.ErrLoginRequired):
		http.Redirect(w, r, "/connect", http.StatusSeeOther)
	case errors.Is(err, auth.ErrRefreshFailed):
		http.Error(w, "the API cannot be reached; try again", http.StatusServiceUnavailable)
	case err != nil:
		http.Error(w, "the API failed", http.StatusBadGateway)
	default:
		fmt.Fprintln(w, "hello,", me.Username)
	}
}

// userOf is your own web session: a cookie, a header of your proxy.
func userOf(r *http.Request) (string, bool) {
	user, _, ok := r.BasicAuth()
	return user, ok
}

func Example_manyUsers() {
	api := authtest.NewServer(authtest.Config{})
	defer api.Close()
	b, err := newBackend(api.URL, storage.NewMemory())
	must(err)
	ctx := context.Background()

	pair := api.Issue("alice")
	must(b.sessions.Login(ctx, "alice", auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}))

	web := httptest.NewServer(b)
	defer web.Close()
	for _, user := range []string{"alice", "bob"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL, nil)
		must(err)
		req.SetBasicAuth(user, "")
		resp, err := http.DefaultTransport.RoundTrip(req)
		must(err)
		body, err := io.ReadAll(resp.Body)
		must(err)
		resp.Body.Close()
		fmt.Printf("%s: %d %q\n", user, resp.StatusCode, body)
	}

	fmt.Println("signed in:", b.sessions.Counts().SignedIn)
	must(b.sessions.Logout(ctx, "alice"))
	must(b.sessions.Close(ctx))
	// Output:
	// alice: 200 "hello, alice\n"
	// bob: 303 "<a href=\"/connect\">See Other</a>.\n\n"
	// signed in: 1
}
