package auth_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestRetried_anotherUser: a call that was refused and is about to be sent again with a new token is
// not sent as the user who logs in just then.
func TestRetried_anotherUser(t *testing.T) {
	t.Parallel()
	f := start(t, authtest.Config{})
	login := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		if req.Attempt() == 2 {
			f.as(t, "bob")
		}
		return h.Next(req)
	}}
	f.client = &http.Client{Transport: chain.New(login, f.session).Transport(f.Transport())}
	f.FailAPI(1, http.StatusUnauthorized, nil, "")
	f.mustFail(t, "/me", auth.ErrLoginRequired)
	f.AssertRefreshes(t, 1)
	if n := f.Stats().APICalls; n != 1 {
		t.Errorf("sent %d times", n)
	}
}

// waiting is a server that refuses everything and holds the second request back.
type waiting struct {
	release chan struct{}
	sends   map[string]int // by token and query
}

// RoundTrip refuses.
func (s *waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	key := r.Header.Get("Authorization") + r.URL.RawQuery
	s.sends[key]++
	if key == "Bearer new"+"first" {
		<-s.release
	}
	return &http.Response{StatusCode: http.StatusUnauthorized, Body: http.NoBody, Request: r}, nil
}

// TestRetried_onTrial: a call that is refused with a fresh token, while another one of its kind is
// finding out whether that token helps, is sent again once, however long the other takes.
func TestRetried_onTrial(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refreshes := 0
		a, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Refresher: counting(answering(newest()), &refreshes)})
		if err == nil {
			err = a.Login(t.Context(), auth.Token{AccessToken: "old", RefreshToken: "r"})
		}
		if err != nil {
			t.Fatal(err)
		}
		s := &waiting{release: make(chan struct{}), sends: make(map[string]int)}
		client := &http.Client{Transport: chain.Config{MaxAttempts: 100}.New(a).Transport(s)}
		get := func(query string) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/me?"+query, http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
		}
		go get("first")
		synctest.Wait() // it is sent again with the new token
		get("second")
		if n := s.sends["Bearer new"+"second"]; n != 2 {
			t.Errorf("the second one is sent %d times", n)
		}
		close(s.release)
		synctest.Wait()
		if n := s.sends["Bearer new"+"first"]; n != 1 || refreshes != 1 {
			t.Errorf("the first one is sent %d times with the new token; %d refreshes", n, refreshes)
		}
		if err := a.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}
