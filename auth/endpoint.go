package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// maxAnswer is how much of a token endpoint's answer is read.
const maxAnswer = 1 << 20

// answer is what a token endpoint said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// post sends one request to a token endpoint. It is sent once: no redirect is followed, since it would carry the refresh
// token elsewhere (307, 308), and the body cannot be replayed, so net/http does not send it a second time either.
func post(ctx context.Context, base http.RoundTripper, endpoint, contentType, body string, h http.Header) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(body))
	if err != nil {
		return nil, &RefreshError{Err: withoutURL(err)}
	}
	req.GetBody = nil
	maps.Copy(req.Header, h)
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", "application/json")
	client := http.Client{
		Transport:     base,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, &RefreshError{Err: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }() // what was read counts
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &RefreshError{Status: resp.StatusCode, Err: err}
	case len(data) > maxAnswer:
		return nil, &RefreshError{Status: resp.StatusCode, Err: errors.New("the answer is longer than 1 MiB")}
	}
	return &answer{status: resp.StatusCode, header: resp.Header, body: data}, nil
}

// withoutURL drops what net/http and net/url put around an error: the URL may hold a secret.
func withoutURL(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

// date is what the server's clock showed; zero if it does not tell.
func (a *answer) date() time.Time {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// transient is the error for an answer that does not end the session.
func (a *answer) transient(why string) error {
	var err error
	if why != "" {
		err = errors.New(why)
	}
	return &RefreshError{Status: a.status, RetryAfter: retryAfter(a.header.Get("Retry-After"), a.date()), Err: err}
}

// dead is the error for an answer that ends it.
func (a *answer) dead() error { return fmt.Errorf("%w (status %d)", ErrInvalidGrant, a.status) }

// maxRetryAfter bounds what a server may ask for.
const maxRetryAfter = time.Hour

// retryAfter reads the header of RFC 9110 §10.2.3: seconds, or a date by the clock of the server, which showed date.
func retryAfter(value string, date time.Time) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 31)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date.IsZero() {
		date = time.Now()
	}
	return min(max(at.Sub(date), 0), maxRetryAfter)
}

// checkEndpoint resolves and checks the URL of a token endpoint.
func (c *Config) checkEndpoint(field, raw string, base *url.URL) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return "", fmt.Errorf("auth: %s must be the URL of the endpoint", field)
	}
	origin.Resolve(base, u)
	if u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("auth: %s must be an absolute http or https URL, or relative to BaseURL", field)
	}
	u, o, err := origin.Parse(u.String())
	if err != nil {
		return "", fmt.Errorf("auth: %s %w", field, err)
	}
	return u.String(), c.secure(field, o)
}

// endpointText names an endpoint in texts, without user and query, which may hold secrets.
func endpointText(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
