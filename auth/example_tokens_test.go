package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// The response to a login has the same shape as that to a refresh, and one parser reads both.
func ExampleParseToken() {
	parse := func(status int, body string) (auth.Token, error) {
		resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		defer resp.Body.Close()
		return auth.ParseToken(resp)
	}
	token, err := parse(http.StatusOK, `{"data":{"accessToken":"secret-1","refreshToken":"secret-2","plan":"pro"}}`)
	fmt.Println(token, token.Extra["plan"], err)

	_, err = parse(http.StatusBadRequest, `{"error":"invalid_grant","error_description":"wrong password"}`)
	if e, ok := errors.AsType[*auth.EndpointError](err); ok {
		fmt.Println(e.Code, "-", e.Description)
	}
	_, err = parse(http.StatusOK, `{"ok":true}`)
	fmt.Println(err)
	// Output:
	// Token{access: REDACTED, refresh: REDACTED, extra: REDACTED} pro <nil>
	// invalid_grant - wrong password
	// auth: the token endpoint responded with status 200: it holds no token (members ok)
}

// A program that acts for itself: nobody logs in, the first request makes the session.
func ExampleClientCredentials() {
	server := authtest.NewServer(authtest.Config{Clients: authtest.Secrets{"robot": "hush"}})
	defer server.Close()
	session, err := auth.New(auth.Config{
		BaseURL: server.URL,
		Refresher: auth.ClientCredentials{
			Config: clientcredentials.Config{ClientID: "robot", ClientSecret: "hush", TokenURL: "/oauth/token"},
		},
	})
	must(err)
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()
	fmt.Println(status(client, "/me"))
	server.ExpireAccess()
	fmt.Println(status(client, "/me"))
	must(session.Close(context.Background()))
	// Output:
	// 200 OK
	// 200 OK
}

// The identity of a workload, which its platform puts into a file, traded for a token of the API.
func ExampleTokenExchange() {
	dir, err := os.MkdirTemp("", "")
	must(err)
	defer func() { must(os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "token")
	must(os.WriteFile(file, []byte("identity-of-the-workload\n"), 0o600))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			fmt.Fprintf(w, `{"access_token":"for-%s","issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}`,
				r.PostFormValue("subject_token"))
			return
		}
		fmt.Fprint(w, r.Header.Get("Authorization"))
	}))
	defer server.Close()
	session, err := auth.New(auth.Config{
		BaseURL:   server.URL,
		Refresher: auth.TokenExchange{URL: "/token", SubjectToken: auth.AssertionFile(file)},
	})
	must(err)
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	defer client.CloseIdleConnections()
	resp, err := client.Get("/me")
	must(err)
	body, err := io.ReadAll(resp.Body)
	must(errors.Join(err, resp.Body.Close()))
	fmt.Println(string(body))
	must(session.Close(context.Background()))
	// Output: Bearer for-identity-of-the-workload
}

// A logout endpoint that is not OAuth's.
func ExampleJSONRevoker() {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(err)
		fmt.Println(r.Method, r.URL.Path, string(body))
	}))
	defer server.Close()
	session, err := auth.New(auth.Config{
		BaseURL: server.URL,
		Revoke:  auth.JSONRevoker{URL: "/auth/logout", RequestField: "refresh", Fields: map[string]any{"everywhere": true}}.Revoke,
	})
	must(err)
	ctx := context.Background()
	must(session.Login(ctx, auth.Token{AccessToken: "a", RefreshToken: "r"}))
	must(session.Logout(ctx))
	must(session.Close(ctx))
	http.DefaultClient.CloseIdleConnections()
	// Output: POST /auth/logout {"everywhere":true,"refresh":"r"}
}
