package chain_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestAllocations guards the price of the chain: one object for all of a call, and two pieces of a
// header map; nothing for an interceptor that passes on.
func TestAllocations(t *testing.T) {
	token := []string{"Bearer x"}
	sign := &interceptor.Funcs{Request: func(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		r.SetExtra(t, r)
		r.Header["Authorization"] = token
		return h.Next(r)
	}}
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}
	base := roundTrip(func(*http.Request) (*http.Response, error) { return answer, nil })
	req := request(t)
	req.Header.Set("Accept", "application/json")
	for name, list := range map[string][]interceptor.Interceptor{
		"none":                {},
		"pass":                {pass{}},
		"sign":                {sign},
		"a finisher":          {sign, done{}},
		"sign and eight more": {sign, pass{}, pass{}, pass{}, pass{}, pass{}, pass{}, pass{}, interceptor.Funcs{}},
	} {
		client := chain.New(list...).Transport(base)
		got := testing.AllocsPerRun(100, func() {
			if _, err := client.RoundTrip(req); err != nil {
				t.Fatal(err)
			}
		})
		if got != 3 {
			t.Errorf("%s: %v allocations, want 3", name, got)
		}
	}
}

// TestAllocations_headers: three for up to seven headers and the one that is added, five at most
// for more.
func TestAllocations_headers(t *testing.T) {
	token := []string{"Bearer x"}
	sign := &interceptor.Funcs{Request: func(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
		r.Header["Authorization"] = token
		return h.Next(r)
	}}
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}
	client := chain.New(sign).Transport(roundTrip(func(*http.Request) (*http.Response, error) { return answer, nil }))
	for n, most := range map[int]float64{0: 3, 1: 3, 7: 3, 8: 5, 9: 5, 13: 5, 14: 5, 15: 5, 27: 5, 28: 5, 29: 5, 56: 5, 64: 5} {
		req := request(t)
		for i := range n {
			req.Header.Set(fmt.Sprintf("X-Header-%d", i), "value")
		}
		got := testing.AllocsPerRun(100, func() {
			if _, err := client.RoundTrip(req); err != nil {
				t.Fatal(err)
			}
		})
		if got > most {
			t.Errorf("%d headers: %v allocations, want at most %v", n, got, most)
		}
	}
}

// done wants to know when a call is over, and does nothing then.
type done struct{ pass }

func (done) OnDone(*interceptor.Request, *interceptor.Response, *interceptor.Error) {}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// endless is a stream of zeros.
type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestDownload_streams a GiB through a chain that looks at its start, in constant memory.
func TestDownload_streams(t *testing.T) {
	const size = 1 << 30
	peek := &interceptor.Funcs{Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		if head, err := r.Peek(512); err != nil || len(head) != 512 {
			return h.Reject(err)
		}
		return h.Next(r)
	}}
	client := chain.New(pass{}, peek).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		resp, err := answering(http.StatusOK)(r)
		resp.Body = io.NopCloser(io.LimitReader(endless{}, size))
		return resp, err
	}))
	req, buf := request(t), make([]byte, 1<<20)
	used := allocated(func() {
		resp, err := client.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, buf); err != nil || n != size {
			t.Errorf("got %d bytes, %v", n, err)
		}
	})
	if used > 1<<20 {
		t.Errorf("allocated %d bytes", used)
	}
}

// TestUpload_replay sends a large body twice, and copies it never.
func TestUpload_replay(t *testing.T) {
	body := make([]byte, 64<<20)
	buf := make([]byte, 1<<20)
	sends := 0
	client := chain.New(once()).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r.Body}, buf)
		if err != nil || n != int64(len(body)) || r.ContentLength != n {
			t.Errorf("the server got %d bytes of %d, %v", n, r.ContentLength, err)
		}
		sends++
		if sends == 1 {
			return answering(http.StatusUnauthorized)(r)
		}
		return answering(http.StatusOK)(r)
	}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	used := allocated(func() {
		resp, err := client.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	})
	if used > 1<<20 || sends != 2 {
		t.Errorf("allocated %d bytes, sent %d times", used, sends)
	}
}

// silent says that it does not ask for the resty request.
type silent struct{ careful }

func (silent) UsesRestyRequest() bool { return false }

// TestAllocations_install: under resty, an installed chain allocates no more than its bare
// transport, with and without SetContext, unless an interceptor may ask for the resty request.
func TestAllocations_install(t *testing.T) {
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}
	base := roundTrip(func(*http.Request) (*http.Response, error) { return answer, nil })
	count := func(prepare func(*resty.Client), withContext bool) float64 {
		client := resty.New()
		prepare(client)
		return testing.AllocsPerRun(100, func() {
			r := client.R()
			if withContext {
				r.SetContext(t.Context())
			}
			if _, err := r.Get("https://api.example.com/me"); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, withContext := range []bool{false, true} {
		none := count(func(c *resty.Client) { c.SetTransport(base) }, withContext)
		bare := count(func(c *resty.Client) { c.SetTransport(chain.New(silent{}).Transport(base)) }, withContext)
		installed := count(func(c *resty.Client) { install(t, chain.New(silent{}), c.SetTransport(base)) }, withContext)
		asking := count(func(c *resty.Client) { install(t, chain.New(pass{}), c.SetTransport(base)) }, withContext)
		if bare != none+3 || installed != bare {
			t.Errorf("context %v: none %v, bare transport %v, installed %v", withContext, none, bare, installed)
		}
		if asking <= installed || asking > installed+2 {
			t.Errorf("context %v: one that may ask: %v", withContext, asking)
		}
	}
}
