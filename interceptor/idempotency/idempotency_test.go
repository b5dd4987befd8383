package idempotency_test

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
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop keeps the keys it saw. It answers /busy with 503 twice, and redirects /temporary with 307,
// /other with 303.
type shop struct {
	*httptest.Server

	mu   sync.Mutex
	keys []string
}

func open(t *testing.T) *shop {
	t.Helper()
	s := new(shop)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.keys = append(s.keys, r.Method+" "+r.Header.Get("Idempotency-Key"))
		n := len(s.keys)
		s.mu.Unlock()
		switch {
		case r.URL.Path == "/busy" && n < 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/temporary":
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		case r.URL.Path == "/other":
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys
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

func keys(t *testing.T, c idempotency.Config) *idempotency.Interceptor {
	t.Helper()
	i, err := idempotency.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`

func TestOnRequest_onceForEachCall(t *testing.T) {
	t.Parallel()
	s := open(t)
	c := client(t, keys(t, idempotency.Config{}), again)
	for _, path := range []string{"/busy", "/"} {
		if _, err := c.R().SetBody("x").Post(s.URL + path); err != nil {
			t.Fatal(err)
		}
	}
	got := s.seen()
	if len(got) != 4 || got[0] != got[1] || got[1] != got[2] || got[2] == got[3] {
		t.Errorf("got %v, want one key three times and another one", got)
	}
}

// TestOnRequest_redirects: what repeats the POST is the same operation; the GET after a 303 is
// none.
func TestOnRequest_redirects(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/temporary": `^POST (` + uuid + `)\nPOST (` + uuid + `)$`,
		"/other":     `^POST (` + uuid + `)\nGET ()$`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			if _, err := client(t, keys(t, idempotency.Config{})).R().SetBody("x").Post(s.URL + path); err != nil {
				t.Fatal(err)
			}
			got := regexp.MustCompile(want).FindStringSubmatch(strings.Join(s.seen(), "\n"))
			if len(got) != 3 || got[2] != "" && got[1] != got[2] {
				t.Errorf("got %v, want %s", s.seen(), want)
			}
		})
	}
}

func TestOnRequest_whichKey(t *testing.T) {
	t.Parallel()
	generate := func(s string) func() string { return func() string { return s } }
	for name, c := range map[string]struct {
		config  idempotency.Config
		method  string
		context string
		header  string
		want    string
	}{
		"POST":                       {method: http.MethodPost, want: uuid},
		"PATCH":                      {method: http.MethodPatch, want: uuid},
		"PUT is idempotent":          {method: http.MethodPut},
		"GET is idempotent":          {method: http.MethodGet},
		"methods of the user":        {config: idempotency.Config{Methods: []string{"PUT"}}, method: http.MethodPut, want: uuid},
		"no method":                  {config: idempotency.Config{Methods: []string{}}, method: http.MethodPost},
		"generated":                  {config: idempotency.Config{Generate: generate("g-1")}, method: http.MethodPost, want: "g-1"},
		"generated with a line feed": {config: idempotency.Config{Generate: generate("g\n1")}, method: http.MethodPost, want: uuid},
		"generated empty":            {config: idempotency.Config{Generate: generate("")}, method: http.MethodPost, want: uuid},
		"context":                    {method: http.MethodPost, context: "c-1", want: "c-1"},
		"context with a space":       {method: http.MethodPost, context: "c 1", want: uuid},
		"context too long":           {method: http.MethodPost, context: strings.Repeat("c", 256), want: uuid},
		"caller's header":            {method: http.MethodPost, context: "c-1", header: "h-1", want: "h-1"},
		"quoted":                     {config: idempotency.Config{Quoted: true}, method: http.MethodPost, want: `"` + uuid + `"`},
		"quoted, with quotes":        {config: idempotency.Config{Quoted: true}, method: http.MethodPost, context: `c"1\`, want: `"c\\"1\\\\"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			r := client(t, keys(t, c.config)).R().SetContext(idempotency.With(t.Context(), c.context))
			if c.header != "" {
				r.SetHeader("idempotency-key", c.header)
			}
			if _, err := r.Execute(c.method, s.URL); err != nil {
				t.Fatal(err)
			}
			if got := s.seen()[0]; !regexp.MustCompile("^" + c.method + " " + c.want + "$").MatchString(got) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}

// TestOf reads what net/http has sent.
func TestOf(t *testing.T) {
	t.Parallel()
	s := open(t)
	i := keys(t, idempotency.Config{Header: "x-once", Generate: func() string { return "g-1" }})
	var seen string
	spy := interceptor.Funcs{Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		seen = i.Of(r.Request)
		return h.Next(r)
	}}
	c := &http.Client{Transport: chain.New(i, spy).Transport(nil)}
	t.Cleanup(c.CloseIdleConnections)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader("x"))
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
	if i.Of(nil) != "" || i.Of(&interceptor.Request{}) != "" || i.String() != "idempotency" {
		t.Error("a key of no request")
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	if key, ok := idempotency.From(t.Context()); ok || key != "" {
		t.Errorf("a key of a bare context: %q", key)
	}
	if key, ok := idempotency.From(idempotency.With(t.Context(), "c-1")); !ok || key != "c-1" {
		t.Errorf("got %q", key)
	}
}

// TestNew_checks everything at once.
func TestNew_checks(t *testing.T) {
	t.Parallel()
	_, err := idempotency.New(idempotency.Config{Header: "a b", Methods: []string{"POST", "", "PA TCH"}})
	if err == nil || strings.Count(err.Error(), "idempotency: ") != 3 {
		t.Errorf("got %v, want three problems", err)
	}
	if _, err := idempotency.New(idempotency.Config{Header: "authorization"}); err == nil {
		t.Error("the key may replace credentials")
	}
}

// TestNew_copies what the caller may change later.
func TestNew_copies(t *testing.T) {
	t.Parallel()
	methods := []string{"POST"}
	i := keys(t, idempotency.Config{Methods: methods})
	methods[0] = "GET"
	req := &interceptor.Request{Request: httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)}
	i.OnRequest(req, interceptor.RequestHandler{})
	if i.Of(req) != "" {
		t.Error("the configuration changed")
	}
}
