package har_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// serveBody starts a server that responds with a body of the given type.
func serveBody(t *testing.T, contentType, body string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestBody_kinds(t *testing.T) {
	t.Parallel()
	const unrecorded = "Bodies of this kind are not recorded."
	for _, test := range []struct{ contentType, body, mimeType, text, comment string }{
		{"application/json", `{"type":"t","id":"x"}`, "application/json", `{"type":"t","id":"REDACTED"}`, ""},
		{"application/hal+json; charset=utf-8", `[true]`, "application/hal+json; charset=utf-8", `[true]`, ""},
		{"application/x-www-form-urlencoded", "error=e&id=x", "application/x-www-form-urlencoded", "error=e&id=REDACTED", ""},
		{"application/json", "", "application/json", "", ""},
		{"text/html", "<p>", "text/html", "", unrecorded},
		{"image/png", "\x89PNG", "image/png", "", unrecorded},
		{"not a type", "x", "REDACTED", "", unrecorded},
		{"application/json", strings.Repeat(" ", 100), "application/json", "", ""},
		{"application/json", "[" + strings.Repeat("1,", 100) + "1]", "application/json", "", "The first 100 of 203 bytes were recorded."},
	} {
		t.Run(test.contentType, func(t *testing.T) {
			t.Parallel()
			server := serveBody(t, test.contentType, test.body)
			r := newRecorder(t, har.Config{MaxBody: 100})
			got, err := call(t, httpClient(t, r), request(t, http.MethodGet, server.URL, nil))
			if err != nil || got != test.body {
				t.Fatalf("the caller got %q, %v", got, err)
			}
			c := only(t, r).Response.Content
			if c.MimeType != test.mimeType || c.Comment != test.comment || c.Size != int64(len(test.body)) {
				t.Errorf("got %+v", c)
			}
			if test.text != "" && c.Text != test.text {
				t.Errorf("got %s, want %s", c.Text, test.text)
			}
		})
	}
}

func TestBody_none(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = nil
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(server.Close)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r := newRecorder(t, har.Config{})
		resp, err := httpClient(t, r).Do(request(t, method, server.URL, nil))
		if err != nil {
			t.Fatal(err)
		}
		e := only(t, r) // complete before anything is read
		resp.Body.Close()
		if c := e.Response.Content; e.Comment != "" || c.Size != 0 || c.MimeType != "x-unknown" || e.Request.PostData != nil {
			t.Errorf("%s: got %+v, %q", method, c, e.Comment)
		}
	}
}

// TestBody_stream asserts that a body passes through while it is sent, and is recorded as far as it
// was read.
func TestBody_stream(t *testing.T) {
	t.Parallel()
	next := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		for i := 1; i < 4; i++ {
			fmt.Fprintf(w, "{\"status\":%d}\n", i)
			w.(http.Flusher).Flush()
			<-next
		}
	}))
	t.Cleanup(server.Close)
	r := newRecorder(t, har.Config{})
	resp, err := httpClient(t, r).Do(request(t, http.MethodGet, server.URL, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines, seen := bufio.NewScanner(resp.Body), ""
	for lines.Scan() { // would hang here, if anybody waited for the whole body
		seen += "\n" + lines.Text()
		e := only(t, r)
		if got := "\n" + e.Response.Content.Text; got != seen || e.Comment == "" {
			t.Errorf("got %q, %q, want %q", got, e.Comment, seen)
		}
		next <- struct{}{}
	}
	if e := only(t, r); lines.Err() != nil || e.Comment != "" || e.Response.Content.Comment != "" || e.Response.Content.Size != 39 {
		t.Errorf("at the end: %+v, %v", e, lines.Err())
	}
}

// TestBody_memory asserts that memory does not grow with the size of a download.
func TestBody_memory(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		sent, err := io.Copy(io.Discard, req.Body)
		if err != nil || sent != size {
			t.Errorf("sent %d bytes, %v", sent, err)
		}
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
			Body: io.NopCloser(io.LimitReader(zeros{}, size)),
		}, nil
	})
	r := newRecorder(t, har.Config{MaxBody: 10})
	c := &http.Client{Transport: chain.New(r).Transport(base)}
	req := request(t, http.MethodPost, "http://a/", io.LimitReader(zeros{}, size))
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
		t.Fatal(n, err)
	}
	e := only(t, r)
	const comment = "The first 10 of 67108864 bytes were recorded."
	if e.Response.Content.Comment != comment || e.Request.PostData.Comment != comment || e.Request.BodySize != size {
		t.Errorf("got %+v, %+v", e.Response.Content, e.Request.PostData)
	}
	data, err := r.MarshalJSON()
	if err != nil || len(data) > 3000 {
		t.Errorf("the archive has %d bytes, %v", len(data), err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte(" "), min(len(p), 32<<10))), nil
}

func TestBody_closedEarly(t *testing.T) {
	t.Parallel()
	server := serveBody(t, "application/json", `{"type":"`+strings.Repeat("x ", 1<<20)+`"}`)
	r := newRecorder(t, har.Config{})
	resp, err := httpClient(t, r).Do(request(t, http.MethodGet, server.URL, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if n, err := resp.Body.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d bytes of a closed body", n)
	}
	e := only(t, r)
	if c := e.Response.Content; e.Response.Error != "" || e.Comment != "" || c.Comment != "The body was not read to its end." || c.Text != `{"type":…` || c.Size != 8 {
		t.Errorf("got %+v, %q", c, e.Comment)
	}
}

// TestBody_exactly asserts that a body is complete once its known length has been read, without
// reading its end.
func TestBody_exactly(t *testing.T) {
	t.Parallel()
	const object = `{"ok":true}`
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		io.ReadFull(req.Body, make([]byte, len(object)))
		return interceptor.NewResponse(nil, http.StatusOK, http.Header{"Content-Type": {"application/json"}}, []byte(object)).Response, nil
	})
	r := newRecorder(t, har.Config{})
	req := request(t, http.MethodPost, "http://a/", strings.NewReader(object))
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Transport: chain.New(r).Transport(base)}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	io.ReadFull(resp.Body, make([]byte, len(object)))
	resp.Body.Close()
	if e := only(t, r); e.Request.PostData.Comment != "" || e.Response.Content.Comment != "" || e.Response.Content.Text != object {
		t.Errorf("got %+v, %+v", e.Request.PostData, e.Response.Content)
	}
}

// TestBody_unsent asserts what is recorded if the response does not wait for the body.
func TestBody_unsent(t *testing.T) {
	t.Parallel()
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		io.ReadFull(req.Body, make([]byte, 3))
		return interceptor.NewResponse(nil, http.StatusRequestEntityTooLarge, nil, nil).Response, nil
	})
	r := newRecorder(t, har.Config{})
	req := request(t, http.MethodPost, "http://a/", io.MultiReader(strings.NewReader("[1,2,3]")))
	req.Header.Set("Content-Type", "application/json")
	if _, err := call(t, &http.Client{Transport: chain.New(r).Transport(base)}, req); err != nil {
		t.Fatal(err)
	}
	if e := only(t, r); e.Request.PostData.Comment != "The body was not read to its end." || e.Request.BodySize != 3 {
		t.Errorf("got %+v", e.Request)
	}
}

// TestBody_broken asserts what is recorded of an error while the body is read.
func TestBody_broken(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"ok":true`)
	}))
	t.Cleanup(server.Close)
	r := newRecorder(t, har.Config{})
	if _, err := call(t, httpClient(t, r), request(t, http.MethodGet, server.URL, nil)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	if e := only(t, r); e.Response.Error != "unexpected EOF" || e.Response.Status != http.StatusOK || e.Response.Content.Text != `{"ok":true…` {
		t.Errorf("got %q, %+v", e.Response.Error, e.Response.Content)
	}
}

// TestBody_replaced asserts that later interceptors may replace the body.
func TestBody_replaced(t *testing.T) {
	t.Parallel()
	server := serveBody(t, "application/json", `{"ok":true}`)
	r := newRecorder(t, har.Config{})
	upper := interceptor.Funcs{Response: func(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
		if _, err := resp.Peek(3); err != nil {
			t.Error(err)
		}
		data, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Error(err)
		}
		resp.Body.Close()
		return h.Next(interceptor.NewResponse(resp.Request, resp.StatusCode, resp.Header, bytes.ToUpper(data)))
	}}
	got, err := call(t, httpClient(t, r, upper), request(t, http.MethodGet, server.URL, nil))
	if err != nil || got != `{"OK":TRUE}` {
		t.Fatal(got, err)
	}
	if e := only(t, r); e.Response.Content.Text != `{"ok":true}` || e.Comment != "" {
		t.Errorf("got %+v", e.Response.Content)
	}
}

func TestBody_multipart(t *testing.T) {
	t.Parallel()
	server := flaky(t, 0, 0)
	r := newRecorder(t, har.Config{})
	_, err := restyClient(t, r).R().
		SetMultipartFormData(map[string]string{"type": "invoice"}).
		SetMultipartField("scan", "scan.png", "image/png", strings.NewReader("PNG")).
		Post(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := only(t, r).Request.PostData
	if p.MimeType != "multipart/form-data" || p.Text != "" || len(p.Params) != 2 || p.Comment != "" {
		t.Fatalf("got %+v", p)
	}
	if got, want := fmt.Sprint(p.Params), "[{type invoice  } {scan  REDACTED image/png}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBody_encoded asserts that compressed bodies are not shown.
func TestBody_encoded(t *testing.T) {
	t.Parallel()
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		io.Copy(io.Discard, req.Body)
		return &http.Response{
			StatusCode: http.StatusOK, Request: req, Body: io.NopCloser(strings.NewReader("zzz")), Uncompressed: true,
			Header: http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"br"}},
		}, nil
	})
	r := newRecorder(t, har.Config{})
	req := request(t, http.MethodPost, "http://a/", strings.NewReader("[1]"))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Encoding", "identity")
	if _, err := call(t, &http.Client{Transport: chain.New(r).Transport(base)}, req); err != nil {
		t.Fatal(err)
	}
	e := only(t, r)
	if c := e.Response.Content; c.Text != "" || c.Comment == "" || c.Size != 3 || e.Response.BodySize != -1 {
		t.Errorf("got %+v, bodySize %d", c, e.Response.BodySize)
	}
	if e.Request.PostData.Text != `["REDACTED"]` {
		t.Errorf("sent %+v", e.Request.PostData)
	}
}

// TestBody_insecure shows bodies of every kind.
func TestBody_insecure(t *testing.T) {
	t.Parallel()
	const binary = "\xff\xfe\x00"
	server := serveBody(t, "image/png", binary)
	r := newRecorder(t, har.Config{InsecureShowSecrets: true})
	req := request(t, http.MethodPost, server.URL+"/?key=secret", strings.NewReader("plain"))
	req.Header.Set("Authorization", "Bearer token")
	if _, err := call(t, httpClient(t, r), req); err != nil {
		t.Fatal(err)
	}
	e := only(t, r)
	if c := e.Response.Content; c.Encoding != "base64" || c.Text != base64.StdEncoding.EncodeToString([]byte(binary)) {
		t.Errorf("got %+v", c)
	}
	if e.Request.PostData.Text != "plain" || value(e.Request.QueryString, "key") != "secret" ||
		value(e.Request.Headers, "Authorization") != "Bearer token" {
		t.Errorf("got %+v", e.Request)
	}
}

// TestUpgrade asserts that after a 101 the body is the connection, unwrapped.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		rw.Flush()
		io.CopyN(conn, rw, 4)
	}))
	t.Cleanup(server.Close)
	r := newRecorder(t, har.Config{})
	req := request(t, http.MethodGet, server.URL, nil)
	req.Header.Set("Connection", "upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := httpClient(t, r).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	conn, ok := resp.Body.(io.ReadWriter)
	if !ok {
		t.Fatalf("the body is %T", resp.Body)
	}
	fmt.Fprint(conn, "ping")
	if data, err := io.ReadAll(conn); string(data) != "ping" || err != nil {
		t.Errorf("got %q, %v", data, err)
	}
	if e := only(t, r); e.Response.Status != http.StatusSwitchingProtocols {
		t.Errorf("got %s", e.line())
	}
}

// TestGetBody: a transport that has to send a body twice rewinds it, and only what was sent last is
// recorded.
func TestGetBody(t *testing.T) {
	t.Parallel()
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		io.ReadFull(req.Body, make([]byte, 4)) // the connection broke
		for range 2 {
			body, err := req.GetBody()
			if err != nil {
				t.Error(err)
				break
			}
			req.Body.Close()
			req.Body = body
		}
		io.Copy(io.Discard, req.Body)
		return interceptor.NewResponse(nil, http.StatusOK, nil, nil).Response, nil
	})
	r := newRecorder(t, har.Config{})
	req := request(t, http.MethodPost, "http://a/", strings.NewReader(`["x",true]`))
	req.Header.Set("Content-Type", "application/json")
	if _, err := call(t, &http.Client{Transport: chain.New(r).Transport(base)}, req); err != nil {
		t.Fatal(err)
	}
	if got := only(t, r).Request; got.PostData.Text != `["REDACTED",true]` || got.BodySize != 10 {
		t.Errorf("got %+v, %d bytes", got.PostData, got.BodySize)
	}
	broken := errors.New("not again")
	req.GetBody = func() (io.ReadCloser, error) { return nil, broken }
	base = func(req *http.Request) (*http.Response, error) {
		req.Body.Close()
		_, err := req.GetBody()
		return nil, err
	}
	if _, err := call(t, &http.Client{Transport: r.Transport(base, "")}, req); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
