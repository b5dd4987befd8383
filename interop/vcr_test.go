package interop_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// tape returns a recorder whose cassettes hold no secrets: what is not listed in show is masked
// before the cassette is saved. It goes under the chain and under the refresher, since the refresh
// is part of the story.
func tape(t *testing.T, name string, mode recorder.Mode, base http.RoundTripper) *recorder.Recorder {
	t.Helper()
	show, err := redact.New(redact.Config{Fields: []string{"id", "username", "message"}})
	if err != nil {
		t.Fatal(err)
	}
	mask := func(i *cassette.Interaction) error {
		i.Request.Body = show.Body(i.Request.Headers.Get("Content-Type"), []byte(i.Request.Body))
		i.Response.Body = show.Body(i.Response.Headers.Get("Content-Type"), []byte(i.Response.Body))
		i.Request.Headers, i.Response.Headers = show.Header(i.Request.Headers), show.Header(i.Response.Headers)
		i.Request.URL, i.Request.RequestURI = show.URLString(i.Request.URL), show.URLString(i.Request.RequestURI)
		i.Request.Form, i.Response.ContentLength = nil, int64(len(i.Response.Body))
		return nil
	}
	// What is masked cannot be compared: requests match by method and URL, each recorded one once,
	// in order.
	match := func(r *http.Request, i cassette.Request) bool {
		return r.Method == i.Method && show.URL(r.URL) == i.URL
	}
	r, err := recorder.New(name, recorder.WithMode(mode), recorder.WithRealTransport(base), recorder.WithSkipRequestLatency(true),
		recorder.WithHook(mask, recorder.BeforeSaveHook), recorder.WithMatcher(match))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestVCR records a session with a refresh, and plays it without the server.
func TestVCR(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "refresh")
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	run := func(r *recorder.Recorder, user string) (secrets []string) {
		session := signIn(t, server, user, func(c *auth.Config) {
			c.Refresher = auth.JSONRefresher{URL: "/auth/refresh", Transport: r}
		})
		client := over(t, r, session)
		before, err := session.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		server.ExpireAccess()
		resp := get(t, client, "/me?page=1&key=s3cret-in-the-query")
		if !strings.Contains(resp.String(), `"username":"alice"`) {
			t.Errorf("got %s", resp)
		}
		after, err := session.Token(t.Context())
		if err != nil || after.AccessToken == before.AccessToken {
			t.Errorf("the token is still the old one, %v", err)
		}
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		return []string{before.AccessToken, before.RefreshToken, after.AccessToken, after.RefreshToken, "s3cret-in-the-query"}
	}
	secrets := run(tape(t, name, recorder.ModeRecordOnly, server.Transport()), "alice")
	want(t, server, authtest.EventDeny, authtest.EventRefresh, authtest.EventAPI)
	data, err := os.ReadFile(name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, secret := range secrets {
		for at := 0; at+12 <= len(secret); at++ {
			if piece := secret[at : at+12]; strings.Contains(string(data), piece) {
				t.Fatalf("secret %d is in the cassette: %s", i, piece)
			}
		}
	}
	broken := roundTripper(func(*http.Request) (*http.Response, error) {
		t.Error("the network was used")
		return nil, http.ErrServerClosed
	})
	run(tape(t, name, recorder.ModeReplayOnly, broken), "bob") // whichever user signs: the tape has alice
	if n := server.Stats().APICalls; n != 2 {
		t.Errorf("%d calls, want the 2 of the recording", n)
	}
}
