package auth_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// refuser is a server that refuses every request, whoever sends it.
type refuser struct {
	status int
	sends  map[string]int // by path
	onSend func()
}

// RoundTrip refuses; /moved is elsewhere.
func (s *refuser) RoundTrip(r *http.Request) (*http.Response, error) {
	s.sends[r.URL.Path]++
	if s.onSend != nil {
		s.onSend()
	}
	resp := &http.Response{StatusCode: s.status, Header: http.Header{}, Body: http.NoBody, Request: r}
	if r.URL.Path == "/moved" {
		resp.StatusCode = http.StatusFound
		resp.Header.Set("Location", "/me")
	}
	return resp, nil
}

// insistent is an interceptor that has a refused call sent again a number of times.
func insistent(times int) interceptor.Interceptor {
	type key struct{ times int }
	again := func(req *interceptor.Request) bool {
		n, _ := req.Extra(key{times}).(int)
		req.SetExtra(key{times}, n+1)
		return n < times
	}
	return &interceptor.Funcs{
		Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			if again(r.Request) {
				return h.Retry(0)
			}
			return h.Next(r)
		},
		Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if again(e.Request) {
				return h.Retry(0)
			}
			return h.Next(e)
		},
	}
}

// unsigned is an interceptor that has one attempt of each call sent without a token.
func unsigned(attempt int) interceptor.Interceptor {
	return &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		if req.Attempt() == attempt {
			req.Request = req.WithContext(auth.WithoutAuth(req.Context()))
		}
		return h.Next(req)
	}}
}

// greedy is a Prover that wants every proof repeated.
type greedy struct{}

func (greedy) NewKey() ([]byte, error)                   { return []byte("key"), nil }
func (greedy) Prove(*http.Request, []byte, string) error { return nil }
func (greedy) Learn(*http.Response) (again bool)         { return true }

// newest is the token that every refresh brings.
func newest() auth.Token {
	return auth.Token{AccessToken: "new", RefreshToken: "r"}
}

// refusedFixture is a session at a refuser.
type refusedFixture struct {
	*refuser

	t         *testing.T
	kind      string // of the tokens
	refreshes int
}

func (f *refusedFixture) refresher() auth.Refresher {
	return auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) {
		f.refreshes++
		t := newest()
		t.TokenType = f.kind
		return t, nil
	})
}

// session is one that is signed in.
func (f *refusedFixture) session(change ...func(*auth.Config)) *auth.Interceptor {
	f.t.Helper()
	c := auth.Config{BaseURL: "https://api.example.com", Refresher: f.refresher()}
	for _, do := range change {
		do(&c)
	}
	a, err := auth.New(c)
	if err == nil {
		f.t.Cleanup(func() { _ = a.Close(context.Background()) })
		old := newest()
		old.AccessToken = "old"
		if c.Prover != nil {
			f.kind = "DPoP"
			old.TokenType, old.ProofKey = f.kind, []byte("key")
		}
		err = a.Login(f.t.Context(), old)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}
