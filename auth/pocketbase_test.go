package auth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// oauthContext makes x/oauth2 use the server's transport.
func oauthContext(t *testing.T, s *authtest.Server) context.Context {
	t.Helper()
	return context.WithValue(t.Context(), oauth2.HTTPClient, s.Client())
}

// pocketBase is a server without refresh tokens: a token that has not expired yet renews itself,
// one that has is worth nothing, and the API answers it with 200 and an empty list.
type pocketBase struct {
	lifetime         time.Duration
	renewals, misses int
}

func (p *pocketBase) token() string {
	return jwt(fmt.Sprintf(`{"exp":%d,"id":"alice"}`, time.Now().Add(p.lifetime).Unix()))
}

// alive reports whether the request carries a token that has not expired.
func (p *pocketBase) alive(r *http.Request) bool {
	parts := strings.Split(r.Header.Get("Authorization"), ".")
	if len(parts) != 3 {
		return false
	}
	var claims struct {
		Exp int64 `json:"exp"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	return err == nil && json.Unmarshal(payload, &claims) == nil && time.Now().Unix() < claims.Exp
}

func (p *pocketBase) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, `{"items":[]}`
	switch renew, alive := strings.HasSuffix(r.URL.Path, "/auth-refresh"), p.alive(r); {
	case renew && alive:
		p.renewals++
		body = `{"token":"` + p.token() + `","record":{"id":"alice"}}`
	case renew:
		status, body = http.StatusUnauthorized, `{"status":401,"message":"The request requires valid record authorization token.","data":{}}`
	case alive:
		body = `{"items":[{"id":"1"}]}`
	default:
		p.misses++
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// TestPocketBase: the token is renewed by itself ahead of its expiry, since afterwards it is too
// late.
func TestPocketBase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &pocketBase{lifetime: time.Hour}
		session, err := auth.New(auth.Config{
			BaseURL: "https://pb.example/api", ExpiryWindow: 10 * time.Minute,
			Refresher: auth.JSONRefresher{URL: "/collections/users/auth-refresh", UseAccessToken: true, Transport: server},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Login(t.Context(), auth.Token{AccessToken: server.token()}); err != nil {
			t.Fatal(err)
		}
		f := &fixture{client: clientOver(session, server)}
		for range 24 * 12 { // a day, a request every five minutes
			f.mustGet(t, "/collections/posts/records", http.StatusOK)
			synctest.Wait()
			sleep(5 * time.Minute)
		}
		if server.misses != 0 || server.renewals < 24 || server.renewals > 30 {
			t.Errorf("%d requests were taken for a stranger's, %d renewals", server.misses, server.renewals)
		}
		if st, err := session.Status(t.Context()); err != nil || !st.Refreshable {
			t.Errorf("got %+v, %v", st, err)
		}
		sleep(2 * time.Hour) // nothing happened meanwhile: it is too late
		f.mustFail(t, "/collections/posts/records", auth.ErrLoginRequired, auth.ErrInvalidGrant)
		if err := session.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
