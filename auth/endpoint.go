package auth

import (
	"bytes"
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
	"github.com/chatelaine-go/chatelaine/internal/origin"
)

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// endpointCall is one request to a token endpoint.
type endpointCall struct {
	method, url       string
	contentType, body string
	header            http.Header
	transport         http.RoundTripper // nil: that of the environment, else [http.DefaultTransport]
}

// send sends the request. No redirect is followed, since it would carry the refresh token elsewhere
// (307, 308).
//
// It is sent once. Only where net/http proves that the server did not process it, it is sent once
// more: no byte was written on a kept-alive connection, or an HTTP/2 server refused the stream (RFC
// 9113, section 8.7).
//
// A response that could not be read to its end is returned with the error.
func (c endpointCall) send(ctx context.Context) (tokens.Response, error) {
	r, again, err := c.sendOnce(ctx)
	if again {
		r, _, err = c.sendOnce(ctx)
	}
	return r, err
}

// sendOnce sends the request with a proof, if the session has a key. Again reports that the server
// wants a nonce in the proof, and has processed nothing (RFC 9449, section 8).
func (c endpointCall) sendOnce(ctx context.Context) (r tokens.Response, again bool, err error) {
	req, err := c.request(ctx)
	if err != nil {
		return r, false, err
	}
	e := environmentOf(ctx)
	if e.prover != nil && e.key != nil {
		if err := e.prover.Prove(req, e.key, ""); err != nil {
			return r, false, fmt.Errorf("the proof: %w", err)
		}
	}
	client := http.Client{
		Transport:     transportFor(ctx, c.transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	asked := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return r, false, withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }() // what was read counts
	r, err = readResponse(resp, asked)
	if e.prover != nil && e.key != nil && err == nil {
		seen := *resp
		seen.Body = io.NopCloser(bytes.NewReader(r.Body))
		again = e.prover.Learn(&seen)
	}
	return r, again, err
}

// request returns the request, which net/http may send twice at most.
func (c endpointCall) request(ctx context.Context) (*http.Request, error) {
	sends := new(atomic.Int32)
	body := func() io.ReadCloser { return &countedBody{Reader: bytes.NewReader([]byte(c.body)), sends: sends} }
	req, err := http.NewRequestWithContext(ctx, c.method, c.url, body())
	if err != nil {
		return nil, withoutURL(err)
	}
	req.ContentLength = int64(len(c.body))
	maps.Copy(req.Header, c.header)
	if c.body == "" {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Content-Type", c.contentType)
	}
	if req.Header.Get("Idempotency-Key") == "" && req.Header.Get("X-Idempotency-Key") == "" {
		req.GetBody = func() (io.ReadCloser, error) { return body(), nil }
	} // else net/http would send it again in other cases, too
	req.Header.Set("Accept", jsonType)
	return req, nil
}

// readResponse reads at most 1 MiB. The caller closes the body.
func readResponse(resp *http.Response, asked time.Time) (tokens.Response, error) {
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

// countedBody is a body that can be sent twice.
type countedBody struct {
	*bytes.Reader

	sends *atomic.Int32
	begun bool
}

var errSentTwice = errors.New("the request was sent twice already")

// Read reads the body, unless that would be the third send.
func (b *countedBody) Read(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		if b.sends.Add(1) > 2 {
			return 0, errSentTwice
		}
	}
	return b.Reader.Read(p)
}

// Close does nothing.
func (b *countedBody) Close() error { return nil }

// token sends the request and reads the token of the response. A response that is cut off, or too
// long, counts if the token can be read: the refresh token is spent. An error is a [*RefreshError]
// about the network, or an [*EndpointError].
func (c endpointCall) token(ctx context.Context, names tokens.Names) (tokens.Token, http.Header, error) {
	r, err := c.send(ctx)
	if err != nil && !bytes.HasPrefix(bytes.TrimSpace(r.Body), []byte("{")) {
		return tokens.Token{}, r.Header, &RefreshError{Status: r.Status, Err: err}
	}
	t, failure := tokens.Parse(r, names)
	switch {
	case failure == nil:
		return t, r.Header, nil
	case err != nil:
		return t, r.Header, &RefreshError{Status: r.Status, Err: err}
	default:
		return t, r.Header, newEndpointError(failure)
	}
}

// withoutURL drops what net/http and net/url put around an error: the URL may hold a secret.
func withoutURL(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

// endpoint resolves and checks the URL of an endpoint that gets secrets.
func (e environment) endpoint(field, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return "", fmt.Errorf("auth: %s must be the URL of the endpoint", field)
	}
	origin.Resolve(e.base, u)
	if u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("auth: %s must be an absolute http or https URL, or relative to BaseURL", field)
	}
	u, o, err := origin.Parse(u.String())
	if err != nil {
		return "", fmt.Errorf("auth: %s %w", field, err)
	}
	return u.String(), e.secure(field, o)
}

// endpointText names an endpoint in texts, without user and query, which may hold secrets.
func endpointText(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
