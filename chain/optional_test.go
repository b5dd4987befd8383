package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// finisher notes the ends of calls in a journal.
type finisher struct {
	interceptor.Funcs

	name    string
	journal *[]string
	panics  bool
}

func (f *finisher) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	req.SetExtra(f, "seen")
	return f.Funcs.OnRequest(req, h)
}

func (f *finisher) OnDone(req *interceptor.Request, resp *interceptor.Response, err *interceptor.Error) {
	end := "panic"
	switch {
	case resp != nil:
		end = strconv.Itoa(resp.StatusCode)
	case err != nil:
		end = err.Kind.String()
	}
	if req.Extra(f) == nil {
		end += " unseen"
	}
	*f.journal = append(*f.journal, fmt.Sprintf("%s: %s, attempt %d", f.name, end, req.Attempt()))
	if f.panics {
		panic("OnDone")
	}
}

// TestFinisher is told once of every end of a call, the last interceptor first.
func TestFinisher(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	reject := func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict { return h.Reject(mine) }
	panics := func(*interceptor.Request, interceptor.RequestHandler) interceptor.Verdict { panic("mine") }
	resolve := func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		return h.Resolve(interceptor.NewResponse(req, http.StatusTeapot, nil, nil))
	}
	for name, c := range map[string]struct {
		a, b interceptor.Funcs
		base roundTrip
		want string
	}{
		"a response":   {base: answering(200), want: "b: 200, attempt 1; a: 200, attempt 1"},
		"a bad status": {base: answering(404), want: "b: 404, attempt 1; a: 404, attempt 1"},
		"a retry":      {b: again().(interceptor.Funcs), base: answering(503), want: "b: 503, attempt 2; a: 503, attempt 2"},
		"a rejection":  {a: interceptor.Funcs{Request: reject}, base: answering(200), want: "b: unknown error unseen, attempt 1; a: unknown error, attempt 1"},
		"a resolution": {b: interceptor.Funcs{Request: resolve}, base: answering(200), want: "b: 418, attempt 1; a: 418, attempt 1"},
		"a panic":      {b: interceptor.Funcs{Request: panics}, base: answering(200), want: "b: panic, attempt 1; a: panic, attempt 1"},
		"a broken verdict": {
			b:    interceptor.Funcs{Error: func(*interceptor.Error, interceptor.ErrorHandler) interceptor.Verdict { return interceptor.Verdict{} }},
			base: answering(500), want: "b: unknown error, attempt 1; a: unknown error, attempt 1",
		},
		"the transport fails": {
			base: func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
			want: "b: connection failed, attempt 1; a: connection failed, attempt 1",
		},
		"the transport panics": {
			base: func(*http.Request) (*http.Response, error) { panic("wire") },
			want: "b: panic, attempt 1; a: panic, attempt 1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var journal []string
			a := &finisher{Funcs: c.a, name: "a", journal: &journal}
			b := &finisher{Funcs: c.b, name: "b", journal: &journal}
			client := chain.Config{MaxAttempts: 2}.New(a, pass{}, interceptor.Queued(b)).Transport(c.base)
			func() {
				defer func() { _ = recover() }()
				resp, err := client.RoundTrip(request(t))
				if err == nil {
					defer resp.Body.Close()
					if len(journal) != 2 {
						t.Error("told too late")
					}
					if _, err := io.ReadAll(resp.Body); err != nil {
						t.Errorf("the body is closed: %v", err)
					}
				}
			}()
			if got := strings.Join(journal, "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestFinisher_canceled is told of a call whose context ends while it waits.
func TestFinisher_canceled(t *testing.T) {
	t.Parallel()
	var journal []string
	ctx, cancel := context.WithCancel(t.Context())
	a := &finisher{name: "a", journal: &journal, Funcs: interceptor.Funcs{
		Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			time.AfterFunc(time.Millisecond, cancel)
			return h.Retry(time.Hour)
		},
	}}
	_, err := chain.New(a).Transport(answering(503)).RoundTrip(request(t).WithContext(ctx))
	if !errors.Is(err, context.Canceled) || fmt.Sprint(journal) != "[a: canceled, attempt 1]" {
		t.Errorf("got %v, %v", err, journal)
	}
}

// TestFinisher_panics: one that panics keeps no other from being told, and the caller gets the
// panic.
func TestFinisher_panics(t *testing.T) {
	t.Parallel()
	var journal []string
	a := &finisher{name: "a", journal: &journal}
	b := &finisher{name: "b", journal: &journal, panics: true}
	defer func() {
		if v := recover(); v != "OnDone" || len(journal) != 2 {
			t.Errorf("got %v, %v", v, journal)
		}
	}()
	_, _ = chain.New(a, b).Transport(answering(204)).RoundTrip(request(t))
}

// TestFinisher_redirect: every hop is a call of its own.
func TestFinisher_redirect(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/there", http.StatusFound)
		}
	})
	var journal []string
	client := resty.New()
	install(t, chain.New(&finisher{name: "a", journal: &journal}), client)
	if _, err := client.R().Get(server.URL); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(journal); got != "[a: 302, attempt 1 a: 200, attempt 1]" {
		t.Errorf("got %s", got)
	}
}

// user keeps the transports it is told of.
type user struct {
	interceptor.Base

	told []http.RoundTripper
}

func (u *user) OnTransport(base http.RoundTripper) { u.told = append(u.told, base) }

// ask sends a request through what an interceptor was told, and returns the status.
func (u *user) ask(t *testing.T) int {
	t.Helper()
	if len(u.told) == 0 {
		t.Fatal("not told of a transport")
	}
	resp, err := u.told[0].RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestTransportUser is told of the transport beneath the chain, whenever it comes to the chain,
// once.
func TestTransportUser(t *testing.T) {
	t.Parallel()
	before, queued, after, inserted := new(user), new(user), new(user), new(user)
	c := chain.New(before, interceptor.Queued(queued))
	if len(before.told) != 0 {
		t.Error("told before there is a transport")
	}
	client := resty.New().SetTransport(answering(201))
	install(t, c, client)
	c.Use(after)
	c.Insert(0, inserted)
	c.Transport(answering(202)) // a second client: the first counts
	for i, u := range []*user{before, queued, after, inserted} {
		if got := u.ask(t); got != 201 || len(u.told) != 1 {
			t.Errorf("%d: told %d times, asked %d", i, len(u.told), got)
		}
	}
	if err := chain.Configure(client, func(c *resty.Client) { c.SetTransport(answering(203)) }); err != nil {
		t.Fatal(err)
	}
	if err := chain.Configure(client, func(c *resty.Client) { c.SetTransport(answering(204)) }); err != nil {
		t.Fatal(err)
	}
	if got := before.ask(t); got != 204 || len(before.told) != 1 {
		t.Errorf("after Configure: asked %d, told %d times", got, len(before.told))
	}
	other := resty.New().SetTransport(answering(205))
	install(t, c, other)
	if err := chain.Configure(other, func(c *resty.Client) { c.SetTransport(answering(206)) }); err != nil {
		t.Fatal(err)
	}
	if got := before.ask(t); got != 204 {
		t.Errorf("another client's transport is used: %d", got)
	}
	if closer, ok := before.told[0].(interface{ CloseIdleConnections() }); !ok {
		t.Error("idle connections cannot be closed")
	} else {
		closer.CloseIdleConnections()
	}
}

// TestTransportUser_goesAround the chain: what it sends meets no interceptor.
func TestTransportUser_goesAround(t *testing.T) {
	t.Parallel()
	u, seen := new(user), new(counting)
	chain.New(seen, u).Transport(answering(200))
	u.ask(t)
	if seen.n != 0 {
		t.Errorf("%d interceptors were asked", seen.n)
	}
}
