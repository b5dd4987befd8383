package interop_test

import (
	"net/http"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interop/openapi"
)

// TestOpenAPI: a generated client gets its session from the HTTP client that it is given, replays
// of its bodies included.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	session := signIn(t, server, "alice")
	withSession := openapi.WithHTTPClient(&http.Client{Transport: chain.New(session).Transport(server.Transport())})
	client, err := openapi.NewClientWithResponses(session.BaseURL(), withSession)
	if err != nil {
		t.Fatal(err)
	}
	server.ExpireAccess()
	me, err := client.GetMeWithResponse(t.Context())
	if err != nil || me.JSON200 == nil {
		t.Fatalf("%+v, %v", me, err)
	}
	server.ExpireAccess()
	echo, err := client.PostEchoWithResponse(t.Context(), openapi.Note{Text: "twice"})
	if err != nil || echo.StatusCode() != http.StatusOK {
		t.Fatalf("%+v, %v", echo, err)
	}
	if s := server.Stats(); s.Refreshes != 2 || s.APICalls != 4 {
		t.Errorf("%d refreshes, %d calls; want 2 and 4", s.Refreshes, s.APICalls)
	}
}
