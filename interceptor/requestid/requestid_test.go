package requestid_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/go-resty/resty/v2"
	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder keeps the ids that a server saw, and answers /busy with 503 twice, /moved with a
// redirect.
type recorder struct {
	*httptest.Server

	mu  sync.Mutex
	ids []string
}

func serve(t *testing.T) *recorder {
	t.Helper()
	rec := new(recorder)
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec.mu.Lock()
		rec.ids = append(rec.ids, r.Header.Get("X-Request-ID"))
		n := len(rec.ids)
		rec.mu.Unlock()
		switch {
		case r.URL.Path == "/busy" && n < 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(rec.Close)
	return rec
}

func (r *recorder) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ids
}

var again = interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Retry(0) }}

func client(t *testing.T, is ...interceptor.Interceptor) *resty.Client {
	t.Helper()
	c := resty.New()
	if err := chain.New(is...).Install(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.GetClient().CloseIdleConnections)
	return c
}

func ids(t *testing.T, c requestid.Config) *requestid.Interceptor {
	t.Helper()
	i, err := requestid.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// TestOnRequest_onceForEachCall: the attempts of a call share an id, calls do not.
func TestOnRequest_onceForEachCall(t *testing.T) {
	t.Parallel()
	server := serve(t)
	c := client(t, ids(t, requestid.Config{}), again)
	for _, path := range []string{"/busy", "/"} {
		if _, err := c.R().Get(server.URL + path); err != nil {
			t.Fatal(err)
		}
	}
	got := server.seen()
	if len(got) != 4 || got[0] != got[1] || got[1] != got[2] || got[2] == got[3] {
		t.Errorf("got %v, want one id three times and another one", got)
	}
	for _, id := range got {
		if !uuid.MatchString(id) {
			t.Errorf("%q is not a UUID of version 4", id)
		}
	}
}

func TestOnRequest_redirectKeepsTheID(t *testing.T) {
	t.Parallel()
	server := serve(t)
	if _, err := client(t, ids(t, requestid.Config{})).R().SetBody("x").Post(server.URL + "/moved"); err != nil {
		t.Fatal(err)
	}
	if got := server.seen(); len(got) != 2 || got[0] == "" || got[0] != got[1] {
		t.Errorf("got %v, want the same id twice", got)
	}
}

func TestOnRequest_whereTheIDComesFrom(t *testing.T) {
	t.Parallel()
	generate := func(s string) requestid.Config { return requestid.Config{Generate: func() string { return s }} }
	long := strings.Repeat("x", 201)
	for name, c := range map[string]struct {
		config  requestid.Config
		context string
		header  string
		want    string // "" means a UUID
	}{
		"minted":                       {},
		"generated":                    {config: generate("g-1"), want: "g-1"},
		"generated with a line feed":   {config: generate("g\r\nX-Evil: 1")},
		"generated empty":              {config: generate("")},
		"context":                      {config: generate("g-1"), context: "c-1", want: "c-1"},
		"context with a line feed":     {context: "c\r\nX-Evil: 1"},
		"context too long":             {context: long},
		"context not ASCII":            {context: "ä"},
		"caller's header":              {config: generate("g-1"), context: "c-1", header: "h-1", want: "h-1"},
		"caller's header, whatever it": {header: long, want: long},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t)
			r := client(t, ids(t, c.config)).R().SetContext(requestid.With(t.Context(), c.context))
			if c.header != "" {
				r.SetHeader("x-request-id", c.header)
			}
			if _, err := r.Get(server.URL); err != nil {
				t.Fatal(err)
			}
			got := server.seen()[0]
			if c.want == "" && !uuid.MatchString(got) || c.want != "" && got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestOnRequest_leavesTheCallersRequest as it was, under net/http.
func TestOnRequest_leavesTheCallersRequest(t *testing.T) {
	t.Parallel()
	server := serve(t)
	i := ids(t, requestid.Config{Header: "x-trace", Generate: func() string { return "g-1" }})
	var seen string
	spy := interceptor.Funcs{Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		seen = i.Of(r.Request)
		return h.Next(r)
	}}
	transport := chain.New(i, spy).Transport(nil)
	c := &http.Client{Transport: transport}
	t.Cleanup(c.CloseIdleConnections)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if seen != "g-1" || len(req.Header) != 0 {
		t.Errorf("the chain saw %q; the caller's header is %v", seen, req.Header)
	}
}

// TestTwo with different headers do not disturb each other.
func TestTwo(t *testing.T) {
	t.Parallel()
	a, b := ids(t, requestid.Config{Header: "A-Id"}), ids(t, requestid.Config{Header: "B-Id"})
	req := &interceptor.Request{Request: httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)}
	for range 2 {
		a.OnRequest(req, interceptor.RequestHandler{})
		b.OnRequest(req, interceptor.RequestHandler{})
	}
	if x, y := a.Of(req), b.Of(req); x == "" || y == "" || x == y {
		t.Errorf("got %q and %q", x, y)
	}
}

func TestNew_checks(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"X Request", "X-Request-Id\n", "a:b", "é", "authorization"} {
		if i, err := requestid.New(requestid.Config{Header: header}); err == nil || i != nil || !strings.HasPrefix(err.Error(), "requestid: ") {
			t.Errorf("%q: got %v, %v", header, i, err)
		}
	}
}

func TestOf_nothing(t *testing.T) {
	t.Parallel()
	i := ids(t, requestid.Config{})
	if i.Of(nil) != "" || i.Of(&interceptor.Request{}) != "" || i.String() != "requestid" {
		t.Error("an id of no request")
	}
	if id, ok := requestid.From(t.Context()); ok || id != "" {
		t.Errorf("an id of a bare context: %q", id)
	}
	if id, ok := requestid.From(requestid.With(t.Context(), "c-1")); !ok || id != "c-1" {
		t.Errorf("got %q", id)
	}
}

func TestOnRequest_concurrently(t *testing.T) {
	t.Parallel()
	server := serve(t)
	c := client(t, ids(t, requestid.Config{}))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := c.R().Get(server.URL); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	unique := make(map[string]bool)
	for _, id := range server.seen() {
		unique[id] = true
	}
	if len(unique) != 20 {
		t.Errorf("%d ids for 20 calls", len(unique))
	}
}
