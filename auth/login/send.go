package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	// maxBody is how much of a response is read.
	maxBody = 1 << 20
	// requestTimeout bounds one request to the provider.
	requestTimeout = 30 * time.Second
)

// post sends an authenticated form and returns the response, its body bounded to 1 MiB. The caller
// closes the body and calls cancel after that.
func (c Client) post(ctx context.Context, endpoint string, form url.Values) (resp *http.Response, cancel func(), err error) {
	ctx, cancel = context.WithTimeout(ctx, requestTimeout)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	if c.Assertion != nil {
		assertion, err := c.Assertion(ctx, c.Provider.Endpoint.TokenURL) // RFC 7523, section 3
		if err != nil {
			return nil, cancel, fmt.Errorf("login: signing the client assertion: %w", err)
		}
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", assertion)
	}
	inHeader := c.Secret != "" && c.style() == oauth2.AuthStyleInHeader
	if !inHeader {
		form.Set("client_id", c.ID)
		if c.Secret != "" {
			form.Set("client_secret", c.Secret)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, cancel, withoutURL(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if inHeader { // form-encoded first (RFC 6749, section 2.3.1)
		req.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	}
	resp, err = send(c.Transport, req)
	return resp, cancel, err
}

// send sends a request without following redirects, which would carry secrets elsewhere, and bounds
// the body of the response.
func send(transport http.RoundTripper, req *http.Request) (*http.Response, error) {
	if c, ok := req.Context().Value(oauth2.HTTPClient).(*http.Client); transport == nil && ok && c != nil {
		transport = c.Transport
	}
	client := http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, &unavailableError{fmt.Errorf("login: asking %s: %w", req.URL.Host, withoutURL(err))}
	}
	resp.Body = &boundedBody{Reader: io.LimitReader(resp.Body, maxBody+1), Closer: resp.Body}
	return resp, nil
}

// boundedBody fails when a body is longer than maxBody.
type boundedBody struct {
	io.Reader
	io.Closer

	read int
}

// Read fails after maxBody bytes.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.read += n; b.read > maxBody {
		return 0, errors.New("the response is longer than 1 MiB")
	}
	return n, err
}

// withoutURL drops the URL that net/http and net/url put around an error.
func withoutURL(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}
