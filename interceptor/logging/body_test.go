package logging_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
)

// TestStream: a body is counted while the caller reads it. Nothing is read ahead: the server goes
// on only when the caller has what was sent so far, so reading ahead would never end.
func TestStream(t *testing.T) {
	t.Parallel()
	const pieces = 5
	more := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range pieces {
			_, _ = io.WriteString(w, "[1]\n")
			_ = http.NewResponseController(w).Flush()
			<-more
		}
	})
	for _, limit := range []int{0, 6} {
		l, j := newLogging(t, logging.Config{BodyLimit: limit})
		resp, err := client(t, l).Do(request(t.Context(), t, http.MethodGet, url, nil))
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 4)
		for range pieces {
			if _, err := io.ReadFull(resp.Body, p); err != nil {
				t.Fatal(err)
			}
			if j.String() != "" {
				t.Fatalf("too early: %s", j)
			}
			more <- struct{}{}
		}
		if n, err := resp.Body.Read(p); n != 0 || !errors.Is(err, io.EOF) {
			t.Fatal(n, err)
		}
		want(t, j.only(t), map[string]any{"received": 4 * pieces})
		if resp.Body.Close() != nil || len(j.records(t)) != 1 {
			t.Error("closing it says something")
		}
		if body, _ := j.only(t)["response_body"].(string); limit == 0 && body != "" || limit != 0 && body != `["REDA…` {
			t.Errorf("body %q", body)
		}
	}
}

// TestClosedEarly: that is not a failure, the caller has seen enough.
func TestClosedEarly(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) })
	l, j := newLogging(t, logging.Config{})
	resp, err := client(t, l).Do(request(t.Context(), t, http.MethodGet, url, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, resp.Body, 100); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want(t, j.only(t), map[string]any{"level": "INFO", "msg": "response", "received": 100, "error": nil})
}

// TestBrokenOff: a body that ends before its end is a failure, and the caller meets it, too.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	})
	l, j := newLogging(t, logging.Config{})
	body, err := get(t, client(t, l), url)
	if body != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %q, %v", body, err)
	}
	want(t, j.only(t), map[string]any{
		"level": "ERROR", "msg": "request failed", "status": 200, "received": 4, "error": "unexpected EOF", "kind": "connection failed",
	})
}

// TestEndless: the record of a stream of events comes with its header.
func TestEndless(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		_ = http.NewResponseController(w).Flush()
		<-done
	})
	defer close(done)
	l, j := newLogging(t, logging.Config{BodyLimit: 100})
	resp, err := client(t, l).Do(request(t.Context(), t, http.MethodGet, url, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	want(t, j.only(t), map[string]any{"status": 200, "received": nil})
}

// TestUpgrade: a connection that changes its protocol can still be written to.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw.Flush()
		_, _ = io.CopyN(conn, rw, 4)
	})
	l, j := newLogging(t, logging.Config{})
	req := request(t.Context(), t, http.MethodGet, url, nil)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := client(t, l).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	rw, ok := resp.Body.(io.ReadWriteCloser)
	if !ok {
		t.Fatalf("the body is a %T", resp.Body)
	}
	p := make([]byte, 4)
	if _, err := io.WriteString(rw, "ping"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(rw, p); err != nil || string(p) != "ping" {
		t.Errorf("got %q, %v", p, err)
	}
	want(t, j.only(t), map[string]any{"status": 101, "received": nil})
}

// TestBodies shows those that are JSON or forms, from their beginnings, and no others.
func TestBodies(t *testing.T) {
	t.Parallel()
	zipped := new(bytes.Buffer)
	z := gzip.NewWriter(zipped)
	_, _ = z.Write([]byte(`{"type":"zip"}`))
	z.Close()
	for name, c := range map[string]struct {
		contentType string
		encoding    string
		body        string
		limit       int
		shown       any
	}{
		"JSON":             {contentType: "application/json", body: `{"type":"a","pin":1}`, limit: 100, shown: `{"type":"a","pin":"REDACTED"}`},
		"a form":           {contentType: "application/x-www-form-urlencoded; charset=utf-8", body: "type=a&pin=1", limit: 100, shown: "type=a&pin=REDACTED"},
		"JSON of an error": {contentType: "application/problem+json", body: `{"type":"a"}`, limit: 100, shown: `{"type":"a"}`},
		"cut":              {contentType: "application/json", body: `{"type":"aaaaaaaaaaaaaaaaaaaaa","pin":1}`, limit: 20, shown: `{"type":…`},
		"longer redacted":  {contentType: "application/json", body: `["é",1,2,3,4]`, limit: 13, shown: `["REDACTED","…`},
		"no limit":         {contentType: "application/json", body: `{"type":"a"}`, shown: nil},
		"text":             {contentType: "text/plain", body: `{"type":"a"}`, limit: 100, shown: nil},
		"nothing said":     {body: `{"type":"a"}`, limit: 100, shown: nil},
		"empty":            {contentType: "application/json", limit: 100, shown: nil},
		"compressed":       {contentType: "application/json", encoding: "gzip", body: zipped.String(), limit: 100, shown: nil},
		"identity":         {contentType: "application/json", encoding: "Identity", body: `{"type":"a"}`, limit: 100, shown: `{"type":"a"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || string(body) != c.body {
					t.Errorf("the server got %q, %v", body, err)
				}
				w.Header()["Content-Type"] = r.Header["Content-Type"]
				if c.encoding != "" {
					w.Header().Set("Content-Encoding", c.encoding)
				}
				_, _ = w.Write(body)
			})
			l, j := newLogging(t, logging.Config{BodyLimit: c.limit})
			req := request(t.Context(), t, http.MethodPost, url, strings.NewReader(c.body))
			req.Header.Set("Accept-Encoding", "identity") // or net/http decompresses the body
			if c.contentType != "" {
				req.Header.Set("Content-Type", c.contentType)
			}
			if c.encoding != "" {
				req.Header.Set("Content-Encoding", c.encoding)
			}
			resp, err := client(t, l).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != c.body {
				t.Errorf("the caller got %q, %v", body, err)
			}
			size := len(c.body)
			var received any = size
			if size == 0 {
				received = nil // no body to count
			}
			want(t, j.only(t), map[string]any{"request_body": c.shown, "response_body": c.shown, "sent": size, "received": received})
		})
	}
}

// TestUnpacked: net/http asks for compression by itself and undoes it; what the caller reads is
// what is counted and shown.
func TestUnpacked(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(`{"type":"zip"}`))
		z.Close()
	})
	l, j := newLogging(t, logging.Config{BodyLimit: 100})
	if body, err := get(t, client(t, l), url); err != nil || body != `{"type":"zip"}` {
		t.Errorf("got %q, %v", body, err)
	}
	want(t, j.only(t), map[string]any{"received": 14, "response_body": `{"type":"zip"}`})
}

// TestSent counts bodies of unknown length as they go.
func TestSent(t *testing.T) {
	t.Parallel()
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	l, j := newLogging(t, logging.Config{})
	req := request(t.Context(), t, http.MethodPost, url, io.LimitReader(zeros{}, 100_000))
	resp, err := client(t, l).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want(t, j.only(t), map[string]any{"sent": 100_000})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestSentAnew: a transport that lost the connection takes the body anew; it is counted once, and
// shown.
func TestSentAnew(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]bool{"": false, "GetBody fails": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := roundTrip(func(r *http.Request) (*http.Response, error) {
				_, _ = io.CopyN(io.Discard, r.Body, 5)
				r.Body.Close()
				body, err := r.GetBody()
				if err != nil {
					return nil, err
				}
				_, _ = io.Copy(io.Discard, body)
				body.Close()
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}, nil
			})
			l, j := newLogging(t, logging.Config{BodyLimit: 100, Curl: true})
			req := request(t.Context(), t, http.MethodPost, "http://127.0.0.1/", strings.NewReader("type=a"))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if broken {
				req.GetBody = func() (io.ReadCloser, error) { return nil, io.ErrClosedPipe }
			}
			resp, err := chain.New(l).Transport(base).RoundTrip(req)
			if broken {
				if !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("got %v", err)
				}
				want(t, j.only(t), map[string]any{"sent": 5, "request_body": "type="})
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			want(t, j.only(t), map[string]any{
				"sent": 6, "request_body": "type=a",
				"curl": `curl --url 'http://127.0.0.1/' -H 'Content-Type: application/x-www-form-urlencoded' --data-raw 'type=a'`,
			})
		})
	}
}

// TestCurlOfPart: a body of which a part is known is none to be sent.
func TestCurlOfPart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit int
		reads int64
	}{
		"beyond the limit": {limit: 5, reads: 6},
		"not all was sent": {limit: 100, reads: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := roundTrip(func(r *http.Request) (*http.Response, error) {
				_, _ = io.CopyN(io.Discard, r.Body, c.reads)
				r.Body.Close()
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}, nil
			})
			l, j := newLogging(t, logging.Config{BodyLimit: c.limit, Curl: true})
			req := request(t.Context(), t, http.MethodPost, "http://127.0.0.1/", strings.NewReader("type=a"))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := chain.New(l).Transport(base).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			want(t, j.only(t), map[string]any{
				"sent": int(c.reads),
				"curl": `curl --url 'http://127.0.0.1/' -H 'Content-Type: application/x-www-form-urlencoded' --data-binary @body`,
			})
		})
	}
}

type liar struct{ io.ReadCloser }

func (liar) Read(p []byte) (int, error) { return len(p) + 1, nil }

// TestLiar: a body that claims to have read more than the buffer holds is passed on unchanged.
func TestLiar(t *testing.T) {
	t.Parallel()
	base := roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: liar{http.NoBody}}, nil
	})
	l, j := newLogging(t, logging.Config{})
	resp, err := chain.New(l).Transport(base).RoundTrip(request(t.Context(), t, http.MethodGet, "http://127.0.0.1/", nil))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := resp.Body.Read(make([]byte, 4)); n != 5 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	resp.Body.Close()
	want(t, j.only(t), map[string]any{"received": 0})
}

// TestReuse tells a new connection from one that was used, and nothing where there was none.
func TestReuse(t *testing.T) {
	t.Parallel()
	l, j := newLogging(t, logging.Config{})
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if _, err := get(t, client(t, l), "http://"+listener.Addr().String()); interceptor.KindOf(err) != interceptor.KindConnection {
		t.Fatal(err)
	}
	want(t, j.only(t), map[string]any{"reused": nil, "kind": "connection failed", "status": nil})
}
