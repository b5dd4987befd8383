package chain_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// TestConnections are released whatever becomes of a response: with one connection in all, a second
// call would wait for ever for one that was kept.
func TestConnections(t *testing.T) {
	t.Parallel()
	mine := errors.New("mine")
	bad := func(f func(*interceptor.Error, interceptor.ErrorHandler) interceptor.Verdict) interceptor.Interceptor {
		return &interceptor.Funcs{Error: f}
	}
	good := func(f func(*interceptor.Response, interceptor.ResponseHandler) interceptor.Verdict) interceptor.Interceptor {
		return &interceptor.Funcs{Response: f}
	}
	for name, test := range map[string]struct {
		config chain.Config
		status int
		in     interceptor.Interceptor
	}{
		"bad status, an error":     {chain.Config{ErrorOnBadStatus: true}, 502, interceptor.Base{}},
		"bad status, a response":   {chain.Config{}, 502, interceptor.Base{}},
		"reject of a bad response": {chain.Config{}, 502, bad(func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Reject(mine) })},
		"reject of a good response": {chain.Config{}, 200, good(func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			return h.Reject(mine)
		})},
		"reject, through": {chain.Config{}, 200, good(func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			return h.Reject(mine, interceptor.Through)
		})},
		"retry of a bad response":  {chain.Config{}, 502, bad(func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Retry(0) })},
		"retry of a good response": {chain.Config{}, 200, good(func(_ *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict { return h.Retry(0) })},
		"resolve with another response": {chain.Config{}, 502, bad(func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Resolve(interceptor.NewResponse(e.Request, http.StatusOK, nil, []byte("mine")))
		})},
		"next with another response": {chain.Config{}, 200, good(func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			return h.Next(interceptor.NewResponse(r.Request, http.StatusOK, nil, []byte("mine")))
		})},
		"no body in its place": {chain.Config{}, 200, good(func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			r.Body = http.NoBody
			return h.Next(r)
		})},
		"a fault": {chain.Config{}, 200, good(func(*interceptor.Response, interceptor.ResponseHandler) interceptor.Verdict {
			return interceptor.Verdict{}
		})},
		"a look at the start": {chain.Config{}, 200, good(func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			if _, err := r.Peek(10); err != nil {
				return h.Reject(err)
			}
			return h.Next(r)
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, strings.Repeat("x", 200<<10))
			})
			client := &http.Client{Transport: test.config.New(test.in).Transport(&http.Transport{MaxConnsPerHost: 1})}
			t.Cleanup(client.CloseIdleConnections)
			for range 3 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := client.Do(req)
				if errors.Is(err, context.DeadlineExceeded) {
					t.Fatal("the connection was kept")
				}
				if err == nil {
					_ = resp.Body.Close()
				}
				cancel()
			}
		})
	}
}

// TestConnections_reused: a short body is read to its end, so one connection serves for all. The
// connections are in memory and the clock stands still, since net/http does not reuse a connection
// whose write takes more than 50 ms to report, as it may on a busy machine.
func TestConnections_reused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/bad" {
				w.WriteHeader(http.StatusBadGateway)
			}
			_, _ = io.WriteString(w, strings.Repeat("x", 20<<10))
		})}
		listener, connections := make(pipes), 0
		base := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			connections++
			return listener.dial(), nil
		}}
		var served sync.WaitGroup
		served.Go(func() { _ = server.Serve(listener) })
		in := &interceptor.Funcs{
			Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
				switch r.Request.URL.Path {
				case "/empty":
					r.Body = http.NoBody
				case "/other":
					return h.Next(interceptor.NewResponse(r.Request, http.StatusOK, nil, []byte("mine")))
				case "/reject":
					return h.Reject(io.EOF)
				}
				return h.Next(r)
			},
			Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Retry(0) },
		}
		client := &http.Client{Transport: chain.Config{MaxAttempts: 2, ErrorOnBadStatus: true}.New(in).Transport(base)}
		for _, path := range []string{"/bad", "/empty", "/other", "/reject", "/bad"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://a.example"+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if resp, err := client.Do(req); err == nil {
				_ = resp.Body.Close()
			}
		}
		client.CloseIdleConnections()
		_ = server.Close()
		served.Wait()
		if connections != 1 {
			t.Errorf("%d connections", connections)
		}
	})
}

// pipes is a listener of connections in memory.
type pipes chan net.Conn

func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p <- server
	return client
}

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.IPAddr{} }

// TestUpgrade: the body of a connection that became something else can still be written to.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw.Flush()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString(line)
		_ = rw.Flush()
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := chain.New(pass{}, pass{}).Transport(&http.Transport{}).RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %v", err)
	}
	defer resp.Body.Close()
	both, ok := resp.Body.(io.ReadWriter)
	if !ok {
		t.Fatalf("a %T cannot be written to", resp.Body)
	}
	if _, err := io.WriteString(both, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(both); err != nil || string(data) != "hello\n" {
		t.Errorf("got %q, %v", data, err)
	}
}

// TestRequestBody is the transport's once it has it: a server may answer before it has read all.
func TestRequestBody(t *testing.T) {
	t.Parallel()
	closed := 0
	req := request(t)
	req.Body = &counted{Reader: strings.NewReader("x"), closed: func() { closed++ }}
	var taken io.Closer
	resp, err := chain.New(pass{}).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		taken = r.Body
		return answering(http.StatusOK)(r)
	})).RoundTrip(req)
	if err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	if closed != 0 || taken.Close() != nil || closed != 1 {
		t.Errorf("the chain closed it %d times", closed)
	}
}

// TestRequestBody_sentAgain is the transport's on the second attempt as on the first: it may still
// be reading when it has returned.
func TestRequestBody_sentAgain(t *testing.T) {
	t.Parallel()
	opened, closed := 0, 0
	open := func() io.ReadCloser {
		opened++
		return countedBody{strings.NewReader("x"), &closed}
	}
	req := request(t)
	req.Method, req.Body = http.MethodPost, open()
	req.GetBody = func() (io.ReadCloser, error) { return open(), nil }
	resp, err := chain.New(again()).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		if opened == 1 {
			return answering(http.StatusServiceUnavailable)(r)
		}
		return answering(http.StatusOK)(r)
	})).RoundTrip(req)
	if err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	if opened != 2 || closed != 0 {
		t.Errorf("%d bodies; the chain closed %d", opened, closed)
	}
}

// TestError_keepsTheBody, 64 KiB of it, whether an interceptor or the configuration made the status
// an error.
func TestError_keepsTheBody(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, strings.Repeat("x", len(r.URL.Path)<<10))
	})
	mapped := errors.New("mapped")
	for name, c := range map[string]*chain.Chain{
		"configuration": chain.Config{ErrorOnBadStatus: true}.New(),
		"next": chain.New(&interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Next(mapped)
		}}),
		"reject with an Error of its own": chain.New(&interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Reject(&interceptor.Error{Err: mapped, Response: &interceptor.Response{Response: e.Response.Response}})
		}}),
		"next with an Error without a response": chain.New(&interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			return h.Next(&interceptor.Error{Err: mapped, Request: e.Request})
		}}),
		"a cause put into the Error": chain.New(&interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			e.Err = mapped
			return h.Next(e)
		}}),
		"looked at before": chain.New(&interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if head, err := e.Response.Peek(100); err != nil || len(head) != 100 {
				return h.Resolve(nil)
			}
			return h.Next(mapped)
		}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := &http.Client{Transport: c.Transport(nil)}
			t.Cleanup(client.CloseIdleConnections)
			for path, want := range map[string]int{"/2": 2 << 10, "/" + strings.Repeat("3", 99): 64 << 10} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				_, err = client.Do(req)
				e, ok := errors.AsType[*interceptor.Error](err)
				if !ok || e.Response == nil {
					t.Fatalf("got %v", err)
				}
				for range 2 { // the second reader finds nothing, and no error
					data, err := io.ReadAll(e.Response.Body)
					if err != nil || len(data) != want {
						t.Errorf("%d bytes, %v, want %d", len(data), err, want)
					}
					want = 0
				}
			}
		})
	}
}

// TestError_brokenBody keeps what came of it.
func TestError_brokenBody(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "half")
	})
	client := &http.Client{Transport: chain.Config{ErrorOnBadStatus: true}.New().Transport(nil)}
	t.Cleanup(client.CloseIdleConnections)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Do(req)
	e, ok := errors.AsType[*interceptor.Error](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if data, err := io.ReadAll(e.Response.Body); string(data) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %q, %v", data, err)
	}
}

// TestError_slowBody does not hold the caller up for long.
func TestError_slowBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			c    *chain.Chain
			want time.Duration
		}{
			"kept for the caller": {chain.Config{ErrorOnBadStatus: true}.New(), 5 * time.Second},
			"given up": {chain.Config{MaxAttempts: 2}.New(&interceptor.Funcs{
				Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
					if e.Request.Attempt() == 1 {
						return h.Retry(0)
					}
					return h.Resolve(interceptor.NewResponse(e.Request, http.StatusOK, nil, nil))
				},
			}), time.Second},
		} {
			begin := time.Now()
			resp, err := test.c.Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
				resp, err := answering(http.StatusBadGateway)(r)
				resp.Body = newStuck("head")
				return resp, err
			})).RoundTrip(request(t))
			if e, ok := errors.AsType[*interceptor.Error](err); ok {
				if data, _ := io.ReadAll(e.Response.Body); string(data) != "head" {
					t.Errorf("%s: kept %q", name, data)
				}
			}
			if took := time.Since(begin); took != test.want {
				t.Errorf("%s: took %v", name, took)
			}
			if err == nil {
				_ = resp.Body.Close()
			}
		}
	})
}

// TestError_slowWrapper: where an interceptor put a body around a slow one, it is the slow one that
// is cut off. The other may not bear being closed while it is read.
func TestError_slowWrapper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := newStuck("head")
		w := &wrapper{ReadCloser: body}
		client := chain.Config{ErrorOnBadStatus: true}.New(&interceptor.Funcs{
			Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
				e.Response.Body = w
				return h.Next(e)
			},
		}).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := answering(http.StatusBadGateway)(r)
			resp.Body = body
			return resp, err
		}))
		_, err := client.RoundTrip(request(t))
		e, ok := errors.AsType[*interceptor.Error](err)
		if !ok {
			t.Fatalf("got %v", err)
		}
		if data, _ := io.ReadAll(e.Response.Body); string(data) != "head" || !w.closed {
			t.Errorf("kept %q, closed %v", data, w.closed)
		}
		if w.torn {
			t.Error("closed while it was read")
		}
	})
}

// wrapper is a body that notices if it is closed while it is read.
type wrapper struct {
	io.ReadCloser
	reading, closed, torn bool
}

func (w *wrapper) Read(p []byte) (int, error) {
	w.reading = true
	defer func() { w.reading = false }()
	return w.ReadCloser.Read(p)
}

func (w *wrapper) Close() error {
	w.closed, w.torn = true, w.torn || w.reading
	return w.ReadCloser.Close()
}

// stuck is a body that stops in its middle until it is closed.
type stuck struct {
	io.Reader
	closed chan struct{}
	once   sync.Once
}

func newStuck(head string) *stuck {
	s := &stuck{closed: make(chan struct{})}
	s.Reader = io.MultiReader(strings.NewReader(head), s.rest())
	return s
}

func (s *stuck) rest() io.Reader {
	return readerFunc(func([]byte) (int, error) {
		<-s.closed
		return 0, io.ErrClosedPipe
	})
}

func (s *stuck) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestError_foreignResponse: an error that carries a response of another call may be shared; its
// body is left alone.
func TestError_foreignResponse(t *testing.T) {
	t.Parallel()
	other := interceptor.Request{Request: httptest.NewRequest(http.MethodGet, "https://other.example/", http.NoBody)}
	shared := &interceptor.Error{
		Kind: interceptor.KindBadResponse, Request: &other,
		Response: interceptor.NewResponse(&other, http.StatusUnauthorized, nil, []byte("shared")),
	}
	body := shared.Response.Body
	client := chain.New(&interceptor.Funcs{
		Request: func(_ *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			return h.Reject(shared)
		},
	}).Transport(answering(http.StatusOK))
	var group sync.WaitGroup
	for range 4 { // the race detector watches
		group.Go(func() {
			if _, err := client.RoundTrip(request(t)); !errors.Is(err, shared) {
				t.Errorf("got %v", err)
			}
		})
	}
	group.Wait()
	if data, err := io.ReadAll(shared.Response.Body); err != nil || string(data) != "shared" || shared.Response.Body != body {
		t.Errorf("got %q, %v", data, err)
	}
}
