package interceptor_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/engine"
)

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestResponse_Peek_decodes: an interceptor sees what a client that undoes gzip will see, and the
// client still gets the encoded body.
func TestResponse_Peek_decodes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 1<<14)
	for name, c := range map[string]struct {
		encoding string
		body     []byte
		n        int64
		want     string
	}{
		"gzip":                  {"gzip", zipped(t, `{"code":401}`), 100, `{"code":401}`},
		"the start":             {"GZIP", zipped(t, long), 15, long[:15]},
		"a long body":           {"gzip", zipped(t, long), 1 << 20, long},
		"not gzip after all":    {"gzip", []byte("plain"), 100, "plain"},
		"an encoding of others": {"br", []byte("\x0b"), 100, "\x0b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"Content-Encoding": {c.encoding}}
			r := interceptor.NewResponse(nil, http.StatusOK, header, c.body)
			if head, err := r.Peek(c.n); err != nil || string(head) != c.want {
				t.Errorf("got %.50q, %v", head, err)
			}
			if rest, err := io.ReadAll(r.Body); err != nil || !bytes.Equal(rest, c.body) {
				t.Errorf("the next reader got %.50q, %v", rest, err)
			}
		})
	}
}

// TestResponse_Peek_streams: Peek does not read a body that arrives over time, which it would hold back.
func TestResponse_Peek_streams(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status       int
		length       int64
		media        string
		uncompressed bool
		looks        bool
	}{
		"a good body of known length":   {200, 5, "application/json", false, true},
		"a good body of unknown length": {200, -1, "application/json", false, false},
		"the same, decompressed":        {200, -1, "application/json", true, true},
		"a bad body of unknown length":  {401, -1, "application/json; charset=utf-8", false, true},
		"events":                        {200, -1, "text/event-stream; charset=utf-8", true, false},
		"events of a bad status":        {401, -1, "text/event-stream", false, false},
		"a redirect of unknown length":  {302, -1, "", false, false},
		"no media type":                 {401, 5, "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := interceptor.NewResponse(nil, c.status, http.Header{"Content-Type": {c.media}}, []byte("hello"))
			r.ContentLength, r.Uncompressed = c.length, c.uncompressed
			head, err := r.Peek(10)
			if got := string(head) == "hello"; err != nil || got != c.looks || !got && head != nil {
				t.Errorf("got %q, %v", head, err)
			}
			if rest, err := io.ReadAll(r.Body); err != nil || string(rest) != "hello" {
				t.Errorf("the next reader got %q, %v", rest, err)
			}
		})
	}
}

type closed struct {
	io.Reader

	n int
}

func (c *closed) Close() error { c.n++; return nil }

// TestResponse_Release keeps the start of the body and closes it.
func TestResponse_Release(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	broken := io.MultiReader(strings.NewReader("half"), failing{io.ErrUnexpectedEOF})
	for name, c := range map[string]struct {
		body io.Reader
		want int
		err  string
	}{
		"empty":         {strings.NewReader(""), 0, ""},
		"all of it":     {strings.NewReader(strings.Repeat("x", limit)), limit, ""},
		"more":          {strings.NewReader(strings.Repeat("x", limit+1)), limit, "only the start"},
		"that ends too": {broken, 4, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &closed{Reader: c.body}
			r := interceptor.NewResponse(nil, http.StatusUnauthorized, nil, nil)
			r.Body = body
			r.Release()
			r.Release() // once more changes nothing
			if body.n != 1 {
				t.Errorf("closed %d times", body.n)
			}
			if head, _ := r.Peek(3); len(head) != min(3, c.want) {
				t.Errorf("Peek got %q", head)
			}
			rest, err := io.ReadAll(r.Body)
			if len(rest) != c.want || (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %d bytes, %v", len(rest), err)
			}
		})
	}
	(&interceptor.Response{}).Release()
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestResponse_Release_slow: a body that stops coming is closed after five seconds, at the
// transport, and the part already read is kept.
func TestResponse_Release_slow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		read, write := io.Pipe()
		go func() { _, _ = io.WriteString(write, "some") }()
		req := newRequest(t.Context(), "https://a.example/")
		req.Call = &engine.Call{Body: read}
		r := interceptor.NewResponse(req, http.StatusUnauthorized, nil, nil)
		r.Body = io.NopCloser(read) // an interceptor's
		r.Release()
		rest, err := io.ReadAll(r.Body)
		if string(rest) != "some" || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %q, %v", rest, err)
		}
	})
}

// TestResponse_Release_connection: the only connection is free before the response has been read.
func TestResponse_Release_connection(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 100, 100 << 10} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, strings.Repeat("x", size))
		}))
		transport := &http.Transport{MaxConnsPerHost: 1}
		for range 3 {
			req := newRequest(t.Context(), server.URL)
			req.RequestURI = ""
			resp, err := transport.RoundTrip(req.Request)
			if err != nil {
				t.Fatal(err)
			}
			r := &interceptor.Response{Response: resp, Request: req}
			r.Release()
			if err := r.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		transport.CloseIdleConnections()
		server.Close()
	}
}
