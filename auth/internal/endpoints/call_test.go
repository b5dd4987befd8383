package endpoints_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/endpoints"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

const endpoint = "https://login.example.com/token"

var errDown = errors.New("down")

// server is a transport that keeps what it was sent.
type server struct {
	requests []*http.Request
	bodies   []string
	respond  func(*http.Request) (*http.Response, error) // nil: a good response
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests = append(s.requests, r)
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		s.bodies = append(s.bodies, string(body))
	}
	if s.respond != nil {
		return s.respond(r)
	}
	return response(http.StatusOK, `{"access_token":"a"}`), nil
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"X-Test": {"yes"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func call(s *server) endpoints.Call {
	return endpoints.Call{Method: http.MethodPost, URL: endpoint, ContentType: endpoints.FormType, Body: "a=b", Transport: s}
}

// TestCall_Send: the request is as the Call says, and the response comes back whole.
func TestCall_Send(t *testing.T) {
	t.Parallel()
	s := new(server)
	c := call(s)
	c.Header = http.Header{"X-Api-Key": {"k"}}
	before := time.Now()
	got, err := c.Send(t.Context())
	if err != nil || got.Status != http.StatusOK || string(got.Body) != `{"access_token":"a"}` || got.Header.Get("X-Test") != "yes" {
		t.Errorf("got %d %s, %v", got.Status, got.Body, err)
	}
	if got.Asked.Before(before) || got.Asked.After(time.Now()) {
		t.Errorf("asked at %v", got.Asked)
	}
	r := s.requests[0]
	if len(s.requests) != 1 || r.Method != http.MethodPost || r.URL.String() != endpoint || s.bodies[0] != "a=b" || r.ContentLength != 3 ||
		r.Header.Get("Content-Type") != endpoints.FormType || r.Header.Get("Accept") != endpoints.JSONType || r.Header.Get("X-Api-Key") != "k" {
		t.Errorf("sent %d: %s %v %v %q", len(s.requests), r.Method, r.URL, r.Header, s.bodies)
	}
	if len(c.Header) != 1 {
		t.Errorf("the header of the Call was changed: %v", c.Header)
	}
	c.Body = ""
	if _, err := c.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := s.requests[1]; r.Body != http.NoBody || r.Header.Get("Content-Type") != "" {
		t.Errorf("without a body: %v", r.Header)
	}
}

// TestCall_transport: the transport of the Call wins over that of the environment.
func TestCall_transport(t *testing.T) {
	t.Parallel()
	own, around := new(server), new(server)
	ctx := endpoints.With(t.Context(), endpoints.Environment{Transport: around})
	c := call(own)
	for range 2 {
		if _, err := c.Send(ctx); err != nil {
			t.Fatal(err)
		}
		c.Transport = nil
	}
	if len(own.requests) != 1 || len(around.requests) != 1 {
		t.Errorf("sent %d and %d times", len(own.requests), len(around.requests))
	}
}

// TestCall_redirect: a redirect is the response; what it points to gets nothing.
func TestCall_redirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := &server{respond: func(*http.Request) (*http.Response, error) {
			r := response(status, "moved")
			r.Header.Set("Location", "https://elsewhere.example.com/")
			return r, nil
		}}
		got, err := call(s).Send(t.Context())
		if err != nil || got.Status != status || string(got.Body) != "moved" || len(s.requests) != 1 {
			t.Errorf("%d: got %d, %v, after %d requests", status, got.Status, err, len(s.requests))
		}
	}
}

// TestCall_once: a failed request is not repeated, whatever the failure.
func TestCall_once(t *testing.T) {
	t.Parallel()
	for _, respond := range []func(*http.Request) (*http.Response, error){
		func(*http.Request) (*http.Response, error) { return nil, errDown },
		func(*http.Request) (*http.Response, error) { return response(http.StatusServiceUnavailable, ""), nil },
		func(*http.Request) (*http.Response, error) { return response(http.StatusTooManyRequests, ""), nil },
		func(*http.Request) (*http.Response, error) {
			r := response(http.StatusOK, "")
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), failing{}))
			return r, nil
		},
	} {
		s := &server{respond: respond}
		got, err := call(s).Send(t.Context())
		if len(s.requests) != 1 || got.Status < 300 && !errors.Is(err, errDown) {
			t.Errorf("sent %d times: %d, %v", len(s.requests), got.Status, err)
		}
		if got.Status == http.StatusOK && string(got.Body) != "half" {
			t.Errorf("what could be read is lost: %q", got.Body)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDown }

// TestCall_repeats: net/http may send the body a second time, where it knows that the server has
// processed nothing; never a third time, and not at all with an Idempotency-Key, with which it
// would do so in other cases, too.
func TestCall_repeats(t *testing.T) {
	t.Parallel()
	s := &server{respond: func(r *http.Request) (*http.Response, error) {
		var errs []error
		for range 3 {
			body, err := r.GetBody()
			if err == nil {
				_, err = io.ReadAll(body)
			}
			errs = append(errs, err)
		}
		if errs[0] != nil || errs[1] == nil || errs[2] == nil {
			t.Errorf("the further sends: %v", errs)
		}
		return nil, errs[1]
	}}
	if _, err := call(s).Send(t.Context()); err == nil || !strings.Contains(err.Error(), "sent twice") {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
		s := new(server)
		c := call(s)
		c.Header = http.Header{name: {"1"}}
		if _, err := c.Send(t.Context()); err != nil || s.requests[0].GetBody != nil {
			t.Errorf("%s: the body can be sent again; %v", name, err)
		}
	}
}

// TestCall_lock: nothing secret is sent once the lock of the store is lost, not even if that
// happens while the connection is made.
func TestCall_lock(t *testing.T) {
	t.Parallel()
	for held := range 2 {
		s := new(server)
		asked := 0
		ctx := context.WithValue(t.Context(), struct{ LockHeld struct{} }{}, func() error {
			asked++
			if asked > held {
				return errDown
			}
			return nil
		})
		if _, err := call(s).Send(ctx); !errors.Is(err, errDown) || len(s.bodies) != 0 || len(s.requests) != held {
			t.Errorf("held %d times: %v, sent %d requests with %d bodies", held, err, len(s.requests), len(s.bodies))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := new(server)
	if _, err := call(s).Send(ctx); !errors.Is(err, context.Canceled) || len(s.requests) != 0 {
		t.Errorf("canceled: %v, %d requests", err, len(s.requests))
	}
}

// prover counts its calls, and wants a request to be sent again as often as it is told to.
type prover struct {
	proofs, again int
	err           error
	learned       string
}

func (p *prover) Prove(r *http.Request, key []byte, accessToken string) error {
	p.proofs++
	r.Header.Set("DPoP", fmt.Sprintf("%s %q %d", key, accessToken, p.proofs))
	return p.err
}

func (p *prover) Learn(resp *http.Response) bool {
	body, _ := io.ReadAll(resp.Body)
	p.learned = string(body)
	p.again--
	return p.again >= 0
}

// TestCall_proof: each send has a proof of its own if the session has a key, and a server that
// wants a nonce gets one more request, not two.
func TestCall_proof(t *testing.T) {
	t.Parallel()
	send := func(p *prover, key []byte) (*server, error) {
		s := new(server)
		e := endpoints.Environment{Key: key}
		if p != nil {
			e.Prover = p
		}
		got, err := call(s).Send(endpoints.With(t.Context(), e))
		if err == nil && string(got.Body) != `{"access_token":"a"}` {
			t.Errorf("the response is lost: %q", got.Body)
		}
		return s, err
	}
	p := &prover{again: 5}
	s, err := send(p, []byte("key"))
	if err != nil || len(s.requests) != 2 || p.proofs != 2 || p.learned != `{"access_token":"a"}` {
		t.Errorf("%v, %d requests, %d proofs, learned from %q", err, len(s.requests), p.proofs, p.learned)
	}
	if got := s.requests[1].Header.Get("DPoP"); got != `key "" 2` {
		t.Errorf("the second proof is %q", got)
	}
	if s.bodies[1] != "a=b" {
		t.Errorf("the second body is %q", s.bodies[1])
	}
	if s, err := send(new(prover), []byte("key")); err != nil || len(s.requests) != 1 {
		t.Errorf("without a wish: %v, %d requests", err, len(s.requests))
	}
	p = &prover{again: 5}
	if s, err := send(p, nil); err != nil || len(s.requests) != 1 || p.proofs != 0 || p.again != 5 {
		t.Errorf("without a key: %v, %d requests, %d proofs", err, len(s.requests), p.proofs)
	}
	if s, err := send(nil, []byte("key")); err != nil || len(s.requests) != 1 || s.requests[0].Header.Get("DPoP") != "" {
		t.Errorf("without a Prover: %v, %d requests", err, len(s.requests))
	}
	if s, err := send(&prover{err: errDown}, []byte("key")); !errors.Is(err, errDown) || len(s.requests) != 0 {
		t.Errorf("a proof that fails: %v, %d requests", err, len(s.requests))
	}
}

// TestCall_errors: no error quotes the URL, whose query may hold a secret.
func TestCall_errors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]endpoints.Call{
		"the network":    {Method: http.MethodPost, URL: endpoint + "?key=secret"},
		"a broken URL":   {Method: http.MethodPost, URL: "https://login.example.com:secret/"},
		"another scheme": {Method: http.MethodPost, URL: "secret:opaque"},
		"a bad method":   {Method: "A B", URL: endpoint + "?key=secret"},
	} {
		c.Transport = &server{respond: func(*http.Request) (*http.Response, error) { return nil, errDown }}
		_, err := c.Send(t.Context())
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if _, quoted := errors.AsType[*url.Error](err); quoted || name != "a broken URL" && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRead: a response is read up to 1 MiB; a longer one is an error, with what was read.
func TestRead(t *testing.T) {
	t.Parallel()
	asked := time.Now()
	for size, tooLong := range map[int]bool{0: false, 1: false, tokens.MaxBody: false, tokens.MaxBody + 1: true, 3 * tokens.MaxBody: true} {
		got, err := endpoints.Read(response(http.StatusTeapot, strings.Repeat("x", size)), asked)
		if (err != nil) != tooLong || len(got.Body) != min(size, tokens.MaxBody) || got.Status != http.StatusTeapot || !got.Asked.Equal(asked) {
			t.Errorf("%d bytes: read %d, %v", size, len(got.Body), err)
		}
	}
	endless := response(http.StatusOK, "")
	endless.Body = io.NopCloser(zeros{})
	if got, err := endpoints.Read(endless, asked); err == nil || len(got.Body) != tokens.MaxBody {
		t.Errorf("endless: read %d, %v", len(got.Body), err)
	}
	none := response(http.StatusNoContent, "")
	none.Body = nil
	if got, err := endpoints.Read(none, asked); err != nil || !bytes.Equal(got.Body, nil) || got.Status != http.StatusNoContent {
		t.Errorf("none: %v, %v", got.Status, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
