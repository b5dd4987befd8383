package chain_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestSetRetryCount_neverRepeatsAReject counts calls under resty's own retry.
func TestSetRetryCount_neverRepeatsAReject(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	for name, test := range map[string]struct {
		reject bool
		want   int32
	}{
		"reject":            {true, 1},
		"transport failure": {false, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				calls.Add(1)
				if test.reject {
					return h.Reject(mine)
				}
				return h.Next(req)
			}}
			client := resty.New().SetLogger(new(memory)).SetRetryCount(2).SetRetryWaitTime(1).SetTransport(failing{mine})
			install(t, chain.New(in), client)
			_, err := client.R().Get("http://127.0.0.1/")
			if !errors.Is(err, mine) {
				t.Errorf("got %v", err)
			}
			if got := calls.Load(); got != test.want {
				t.Errorf("%d calls, want %d", got, test.want)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// TestSetRetryCount_asWithoutTheChain: what resty retries by itself, and what not, does not change
// with a chain that passes everything on.
func TestSetRetryCount_asWithoutTheChain(t *testing.T) {
	t.Parallel()
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, text)
		}
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	}
	hook := errors.New("hook")
	for name, test := range map[string]struct {
		serve   http.HandlerFunc
		client  func(*resty.Client)
		request func(*resty.Request)
		want    int32 // sends
	}{
		"success":               {serve: body("{}"), want: 1},
		"bad status":            {serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, want: 1},
		"connection closed":     {serve: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, want: 3},
		"body cut short":        {serve: cut, want: 3},
		"body cut at its start": {serve: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "9") }, want: 3},
		"body above the limit":  {serve: body("{}     "), client: func(c *resty.Client) { c.SetResponseBodyLimit(2) }, want: 3},
		"body that is not gzip": {serve: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "no gzip, but long enough for a header")
		}, want: 3},
		"file that cannot be written": {serve: body("{}"), request: func(r *resty.Request) { r.SetOutput("/dev/null/no") }, want: 1},
		"body that is no JSON":        {serve: body("{"), request: func(r *resty.Request) { r.SetResult(new(struct{ A int })) }, want: 1},
		"no redirects wanted":         {serve: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x", http.StatusFound) }, client: func(c *resty.Client) { c.SetRedirectPolicy(resty.NoRedirectPolicy()) }, want: 3},
		"OnBeforeRequest fails":       {serve: body("{}"), client: func(c *resty.Client) { c.OnBeforeRequest(func(*resty.Client, *resty.Request) error { return hook }) }, want: 0},
		"SetPreRequestHook fails":     {serve: body("{}"), client: func(c *resty.Client) { c.SetPreRequestHook(func(*resty.Client, *http.Request) error { return hook }) }, want: 0},
		"OnAfterResponse fails":       {serve: body("{}"), client: func(c *resty.Client) { c.OnAfterResponse(func(*resty.Client, *resty.Response) error { return hook }) }, want: 1},
		"a condition of the client":   {serve: body("{}"), client: func(c *resty.Client) { c.AddRetryCondition(func(*resty.Response, error) bool { return true }) }, want: 3},
		"a condition of the request":  {serve: cut, request: func(r *resty.Request) { r.AddRetryCondition(func(*resty.Response, error) bool { return false }) }, want: 1},
	} {
		for _, with := range []string{"without", "with"} {
			t.Run(name+" "+with, func(t *testing.T) {
				t.Parallel()
				var sends atomic.Int32
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					sends.Add(1)
					test.serve(w, r)
				}))
				t.Cleanup(server.Close)
				client := resty.New().SetLogger(new(memory)).SetRetryCount(2).SetRetryWaitTime(1)
				t.Cleanup(client.GetClient().CloseIdleConnections)
				if with == "with" {
					install(t, chain.New(new(counting)), client)
				}
				if test.client != nil {
					test.client(client)
				}
				r := client.R().SetContext(t.Context()) // resty leaks the body when it cannot create the file
				if test.request != nil {
					test.request(r)
				}
				_, err := r.Get(server.URL)
				if n := sends.Load(); n != test.want {
					t.Errorf("%d sends, want %d; %v", n, test.want, err)
				}
			})
		}
	}
}

// TestSetRetryCount_mapping: an interceptor that renames a failure of the transport has not decided about it,
// so resty retries as ever.
func TestSetRetryCount_mapping(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	for name, test := range map[string]struct {
		base http.RoundTripper
		in   func(*interceptor.Error, interceptor.ErrorHandler) interceptor.Verdict
		want int32
	}{
		"a failure mapped": {failing{io.EOF}, func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Next(mine)
		}, 3},
		"a failure rejected": {failing{io.EOF}, func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Reject(mine)
		}, 1},
		"a bad status mapped": {answering(http.StatusBadGateway), func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Next(&interceptor.Error{Kind: interceptor.KindConnection, Err: mine})
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			in := &interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
				calls.Add(1)
				return test.in(e, h)
			}}
			client := resty.New().SetLogger(new(memory)).SetRetryCount(2).SetRetryWaitTime(1).SetTransport(test.base)
			install(t, chain.New(in), client)
			if _, err := client.R().Get("http://127.0.0.1/"); !errors.Is(err, mine) || calls.Load() != test.want {
				t.Errorf("%d calls, want %d; %v", calls.Load(), test.want, err)
			}
		})
	}
}

// TestSetRetryCount_badStatusAsError is a decision too, and is not retried.
func TestSetRetryCount_badStatusAsError(t *testing.T) {
	t.Parallel()
	var sends atomic.Int32
	client := resty.New().SetLogger(new(memory)).SetRetryCount(2).SetRetryWaitTime(1)
	client.SetTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
		sends.Add(1)
		return answering(http.StatusBadGateway)(r)
	}))
	install(t, chain.Config{ErrorOnBadStatus: true}.New(), client)
	if _, err := client.R().Get("http://127.0.0.1/"); interceptor.KindOf(err) != interceptor.KindBadResponse || sends.Load() != 1 {
		t.Errorf("%d sends, %v", sends.Load(), err)
	}
}

// TestSetRetryCount_ownConditions decide alone, as they do without the chain.
func TestSetRetryCount_ownConditions(t *testing.T) {
	t.Parallel()
	var calls int
	in := &interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		calls++
		return h.Next(req)
	}}
	client := resty.New().SetLogger(new(memory)).SetRetryCount(2).SetRetryWaitTime(1).SetTransport(failing{errors.New("down")})
	install(t, chain.New(in), client)
	client.AddRetryCondition(func(*resty.Response, error) bool { return false })
	if _, err := client.R().Get("http://127.0.0.1/"); err == nil || calls != 1 {
		t.Errorf("client condition: %d calls, %v", calls, err)
	}
	calls = 0
	client.RetryConditions = client.RetryConditions[:1]
	never := func(*resty.Response, error) bool { return false }
	if _, err := client.R().AddRetryCondition(never).Get("http://127.0.0.1/"); err == nil || calls != 1 {
		t.Errorf("request condition: %d calls, %v", calls, err)
	}
}

// TestBudgets_multiply: resty's retries repeat the whole call, so sends are (RetryCount+1) ×
// MaxAttempts.
func TestBudgets_multiply(t *testing.T) {
	t.Parallel()
	var sends atomic.Int32
	down := errors.New("down")
	base := roundTrip(func(*http.Request) (*http.Response, error) { sends.Add(1); return nil, down })
	again := &interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Retry(0) }}
	client := resty.New().SetLogger(new(memory)).SetRetryCount(2).SetRetryWaitTime(1).SetTransport(base)
	install(t, chain.Config{MaxAttempts: 3}.New(again), client)
	if _, err := client.R().Get("http://127.0.0.1/"); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	if n := sends.Load(); n != 9 {
		t.Errorf("%d sends, want 3 × 3", n)
	}
}
