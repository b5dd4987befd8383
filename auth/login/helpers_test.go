package login_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newServer starts a provider in memory.
func newServer(t *testing.T, cfg authtest.Config) *authtest.Server {
	t.Helper()
	cfg.InMemory = true
	s := authtest.NewServer(cfg)
	t.Cleanup(s.Close)
	return s
}

// within returns a context with which Discover and Register reach the server.
func within(t *testing.T, s *authtest.Server) context.Context {
	t.Helper()
	return context.WithValue(t.Context(), oauth2.HTTPClient, s.Client())
}

// clientOf discovers the server and returns a public client of it.
func clientOf(t *testing.T, s *authtest.Server) login.Client {
	t.Helper()
	p, err := login.Discover(within(t, s), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return login.Client{Provider: *p, ID: "app", Scopes: []string{"openid", "offline_access"}, Transport: s.Transport()}
}

// mux sends requests for the server's URL to it, and all others to the network: a browser that
// reaches the provider in memory as well as the loopback listener.
type mux struct{ server *authtest.Server }

func (m mux) RoundTrip(r *http.Request) (*http.Response, error) {
	if "http://"+r.URL.Host == m.server.URL {
		return m.server.Transport().RoundTrip(r)
	}
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
}

// browser is a browser without a human: the page that it ended at.
type browser struct {
	server *authtest.Server
	done   sync.WaitGroup

	mu     sync.Mutex
	status int
	page   string
	header http.Header
	at     string
	err    error
}

// open is BrowserConfig.Open.
func (b *browser) open(_ context.Context, address string) error {
	b.done.Go(func() { b.visit(address) })
	return nil
}

// visit opens an address and keeps what it shows.
func (b *browser) visit(address string) {
	client := &http.Client{Transport: mux{b.server}, Timeout: 10 * time.Second}
	resp, err := client.Get(address)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err = err; err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			b.at = ue.URL
		}
		return
	}
	defer resp.Body.Close()
	page, _ := io.ReadAll(resp.Body)
	b.status, b.page, b.header, b.at = resp.StatusCode, string(page), resp.Header, resp.Request.URL.String()
}

// shown waits until the browser has shown its page.
func (b *browser) shown() (status int, page string) {
	b.done.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status, b.page
}

// me returns the user that a token is for.
func me(t *testing.T, s *authtest.Server, access string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+access)
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	_, rest, _ := strings.Cut(string(body), `"username":"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answerWith is a transport that responds in the same way to every request.
func answerWith(status int, contentType, body string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

// callBack is a browser that comes back with a code at once, without a provider.
func callBack(_ context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	q := u.Query()
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
		resp, err := client.Get(q.Get("redirect_uri") + "?code=code-1234&state=" + url.QueryEscape(q.Get("state")))
		if err == nil {
			_ = resp.Body.Close()
		}
	}()
	return nil
}
