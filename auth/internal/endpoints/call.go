package endpoints

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
	"github.com/chatelaine-go/chatelaine/auth/internal/wait"
)

// The content types of requests.
const (
	FormType = "application/x-www-form-urlencoded"
	JSONType = "application/json"
)

// Call is one request to an endpoint that gets secrets.
type Call struct {
	Method, URL       string
	ContentType, Body string
	Header            http.Header
	Transport         http.RoundTripper // nil: that of the environment, else [http.DefaultTransport]
}

// Send sends the request. No redirect is followed, since it would carry the refresh token elsewhere
// (307, 308).
//
// It is sent once. Only where net/http proves that the server did not process it, it is sent once
// more: no byte was written on a kept-alive connection, or an HTTP/2 server refused the stream (RFC
// 9113, section 8.7).
//
// A response that could not be read to its end is returned with the error.
func (c Call) Send(ctx context.Context) (tokens.Response, error) {
	r, again, err := c.sendOnce(ctx)
	if again {
		r, _, err = c.sendOnce(ctx)
	}
	return r, err
}

// sendOnce sends the request with a proof, if the session has a key. Again reports that the server
// wants a nonce in the proof, and has processed nothing (RFC 9449, section 8).
func (c Call) sendOnce(ctx context.Context) (r tokens.Response, again bool, err error) {
	req, err := c.request(ctx)
	if err != nil {
		return r, false, err
	}
	e := Of(ctx)
	if e.Prover != nil && e.Key != nil {
		if err := e.Prover.Prove(req, e.Key, ""); err != nil {
			return r, false, fmt.Errorf("the proof: %w", err)
		}
	}
	client := http.Client{
		Transport:     cmp.Or(c.Transport, e.Transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if err := wait.LockHeld(ctx); err != nil {
		return r, false, err
	}
	asked := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return r, false, withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }() // what was read counts
	r, err = Read(resp, asked)
	if e.Prover != nil && e.Key != nil && err == nil {
		seen := *resp
		seen.Body = io.NopCloser(bytes.NewReader(r.Body))
		again = e.Prover.Learn(&seen)
	}
	return r, again, err
}

// request returns the request, which net/http may send twice at most.
func (c Call) request(ctx context.Context) (*http.Request, error) {
	sends := new(atomic.Int32)
	body := func() io.ReadCloser {
		return &countedBody{Reader: bytes.NewReader([]byte(c.Body)), sends: sends, ctx: ctx}
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, body())
	if err != nil {
		return nil, withoutURL(err)
	}
	req.ContentLength = int64(len(c.Body))
	maps.Copy(req.Header, c.Header)
	if c.Body == "" {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Content-Type", c.ContentType)
	}
	if req.Header.Get("Idempotency-Key") == "" && req.Header.Get("X-Idempotency-Key") == "" {
		req.GetBody = func() (io.ReadCloser, error) { return body(), nil }
	} // else net/http would send it again in other cases, too
	req.Header.Set("Accept", JSONType)
	return req, nil
}

// Read reads at most 1 MiB of a response. The caller closes the body.
func Read(resp *http.Response, asked time.Time) (tokens.Response, error) {
	r := tokens.Response{Status: resp.StatusCode, Header: resp.Header, Asked: asked}
	if resp.Body == nil {
		return r, nil
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, tokens.MaxBody+1))
	if err == nil && len(data) > tokens.MaxBody {
		data, err = data[:tokens.MaxBody], errors.New("the response is longer than 1 MiB")
	}
	r.Body = data
	return r, err
}

// countedBody is a body that can be sent twice, and only while the store's lock is held. When
// net/http begins to read it, the connection has been made, which may have taken long.
type countedBody struct {
	*bytes.Reader

	sends *atomic.Int32
	ctx   context.Context
	begun bool
}

var errSentTwice = errors.New("the request was sent twice already")

// Read reads the body, unless that would be the third send, or the lock is lost.
func (b *countedBody) Read(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		if err := wait.LockHeld(b.ctx); err != nil {
			return 0, err
		}
		if b.sends.Add(1) > 2 {
			return 0, errSentTwice
		}
	}
	return b.Reader.Read(p)
}

// Close does nothing.
func (b *countedBody) Close() error { return nil }

// withoutURL drops what net/http and net/url put around an error: the URL may hold a secret.
func withoutURL(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}
