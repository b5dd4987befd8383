package bench_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	azruntime "github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/go-resty/resty/v2"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/imroc/req/v3"
	"golang.org/x/oauth2"
	restyv3 "resty.dev/v3"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

const target = "https://api.example.com/me"

// transport answers in memory, with the response it always has.
type transport struct{ resp *http.Response }

func newTransport() *transport {
	return &transport{resp: &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody,
	}}
}

func (t *transport) RoundTrip(*http.Request) (*http.Response, error) { return t.resp, nil }

func (t *transport) Do(r *http.Request) (*http.Response, error) { return t.RoundTrip(r) }

func newRequest(tb testing.TB) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, target, http.NoBody)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "bench")
	return r
}

func newSession(tb testing.TB) *auth.Interceptor {
	tb.Helper()
	return sessionOf(tb, auth.Token{AccessToken: "token"})
}

func sessionOf(tb testing.TB, t auth.Token) *auth.Interceptor {
	tb.Helper()
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Refresher: auth.JSONRefresher{URL: "/refresh"}})
	if err != nil {
		tb.Fatal(err)
	}
	t.RefreshToken, t.Expiry = "refresh", time.Now().Add(24*time.Hour)
	if err := session.Login(tb.Context(), t); err != nil {
		tb.Fatal(err)
	}
	return session
}

func expiring() *oauth2.Token {
	return &oauth2.Token{AccessToken: "token", Expiry: time.Now().Add(24 * time.Hour)}
}

// BenchmarkClient compares whole clients, each bare and with a token added in its own way. All
// requests but those of "plain" have a context. What is added is printed beside it.
func BenchmarkClient(b *testing.B) {
	var all []contestant
	for _, c := range []struct {
		name string
		do   func(testing.TB) func() error
	}{
		{"lib=net-http/add=none", netHTTPNone},
		{"lib=net-http/add=chain+auth", netHTTPChain},
		{"lib=net-http/add=oauth2", netHTTPOAuth2},
		{"lib=resty2/add=none", resty2None},
		{"lib=resty2/add=chain+auth", resty2Chain},
		{"lib=resty2/add=oauth2", resty2OAuth2},
		{"lib=resty2-plain/add=none", resty2PlainNone},
		{"lib=resty2-plain/add=chain+auth", resty2PlainChain},
		{"lib=resty2-plain/add=oauth2", resty2PlainOAuth2},
		{"lib=resty3/add=none", resty3None},
		{"lib=resty3/add=middleware", resty3Middleware},
		{"lib=req/add=none", reqNone},
		{"lib=req/add=wrapper", reqWrapper},
		{"lib=retryablehttp/add=none", retryableNone},
		{"lib=retryablehttp/add=oauth2", retryableOAuth2},
		{"lib=azcore/add=none", azcoreNone},
		{"lib=azcore/add=bearer", azcoreBearer},
	} {
		all = append(all, contestant{c.name, c.do(b)})
	}
	costs := compare(b, all)
	for _, c := range all {
		lib, _, _ := strings.Cut(c.name, "/")
		added := costs.added(c.name, lib+"/add=none")
		report(b, c.name, costs.of(c.name), "added-cpu-ns", added.cpu, "added-allocs", added.allocs, "added-B", added.bytes)
	}
}

func resty2(tb testing.TB, t http.RoundTripper, prepare func(*resty.Client)) func() error {
	tb.Helper()
	c := resty.New().SetTransport(t)
	prepare(c)
	return func() error { _, err := c.R().SetContext(tb.Context()).Get(target); return err }
}

// resty2Plain sends requests without a context.
func resty2Plain(tb testing.TB, t http.RoundTripper, prepare func(*resty.Client)) func() error {
	tb.Helper()
	c := resty.New().SetTransport(t)
	prepare(c)
	return func() error { _, err := c.R().Get(target); return err }
}

func resty2PlainNone(tb testing.TB) func() error {
	tb.Helper()
	return resty2Plain(tb, newTransport(), func(*resty.Client) {})
}

func resty2PlainChain(tb testing.TB) func() error {
	tb.Helper()
	return resty2Plain(tb, newTransport(), func(c *resty.Client) {
		if err := chain.New(newSession(tb)).Install(c); err != nil {
			tb.Fatal(err)
		}
	})
}

func resty2PlainOAuth2(tb testing.TB) func() error {
	tb.Helper()
	return resty2Plain(tb, newOAuth2(newTransport()), func(*resty.Client) {})
}

func resty2None(tb testing.TB) func() error {
	tb.Helper()
	return resty2(tb, newTransport(), func(*resty.Client) {})
}

func resty2Chain(tb testing.TB) func() error {
	tb.Helper()
	return resty2(tb, newTransport(), func(c *resty.Client) {
		if err := chain.New(newSession(tb)).Install(c); err != nil {
			tb.Fatal(err)
		}
	})
}

func resty2OAuth2(tb testing.TB) func() error {
	tb.Helper()
	source := oauth2.ReuseTokenSource(expiring(), oauth2.StaticTokenSource(expiring()))
	return resty2(tb, &oauth2.Transport{Source: source, Base: newTransport()}, func(*resty.Client) {})
}

func resty3(tb testing.TB, prepare func(*restyv3.Client)) func() error {
	tb.Helper()
	c := restyv3.New().SetTransport(newTransport())
	prepare(c)
	return func() error { _, err := c.R().SetContext(tb.Context()).Get(target); return err }
}

func resty3None(tb testing.TB) func() error {
	tb.Helper()
	return resty3(tb, func(*restyv3.Client) {})
}

func resty3Middleware(tb testing.TB) func() error {
	tb.Helper()
	source := oauth2.ReuseTokenSource(expiring(), oauth2.StaticTokenSource(expiring()))
	return resty3(tb, func(c *restyv3.Client) {
		c.AddRequestMiddleware(func(_ *restyv3.Client, r *restyv3.Request) error {
			t, err := source.Token()
			if err != nil {
				return err
			}
			r.SetAuthToken(t.AccessToken)
			return nil
		})
	})
}

func newReq(tb testing.TB, prepare func(*req.Client)) func() error {
	tb.Helper()
	c := req.C()
	base := newTransport()
	c.GetTransport().WrapRoundTripFunc(func(http.RoundTripper) req.HttpRoundTripFunc { return base.RoundTrip })
	prepare(c)
	return func() error { _, err := c.R().SetContext(tb.Context()).Get(target); return err }
}

func reqNone(tb testing.TB) func() error {
	tb.Helper()
	return newReq(tb, func(*req.Client) {})
}

func reqWrapper(tb testing.TB) func() error {
	tb.Helper()
	source := oauth2.ReuseTokenSource(expiring(), oauth2.StaticTokenSource(expiring()))
	return newReq(tb, func(c *req.Client) {
		c.WrapRoundTripFunc(func(rt req.RoundTripper) req.RoundTripFunc {
			return func(r *req.Request) (*req.Response, error) {
				t, err := source.Token()
				if err != nil {
					return nil, err
				}
				r.SetBearerAuthToken(t.AccessToken)
				return rt.RoundTrip(r)
			}
		})
	})
}

func retryable(tb testing.TB, t http.RoundTripper) func() error {
	tb.Helper()
	c := retryablehttp.NewClient()
	c.Logger = slog.New(slog.DiscardHandler)
	c.HTTPClient.Transport = t
	return func() error {
		r, err := retryablehttp.NewRequestWithContext(tb.Context(), http.MethodGet, target, nil)
		if err != nil {
			return err
		}
		resp, err := c.Do(r)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
}

func retryableNone(tb testing.TB) func() error {
	tb.Helper()
	return retryable(tb, newTransport())
}

func retryableOAuth2(tb testing.TB) func() error {
	tb.Helper()
	source := oauth2.ReuseTokenSource(expiring(), oauth2.StaticTokenSource(expiring()))
	return retryable(tb, &oauth2.Transport{Source: source, Base: newTransport()})
}

type credential struct{}

func (credential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(24 * time.Hour)}, nil
}

func azPipeline(tb testing.TB, per ...policy.Policy) func() error {
	tb.Helper()
	p := azruntime.NewPipeline("bench", "v1", azruntime.PipelineOptions{PerRetry: per}, &policy.ClientOptions{Transport: newTransport()})
	return func() error {
		r, err := azruntime.NewRequest(tb.Context(), http.MethodGet, target)
		if err != nil {
			return err
		}
		resp, err := p.Do(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return errors.Join(err, resp.Body.Close())
	}
}

func azcoreNone(tb testing.TB) func() error {
	tb.Helper()
	return azPipeline(tb)
}

func azcoreBearer(tb testing.TB) func() error {
	tb.Helper()
	return azPipeline(tb, azruntime.NewBearerTokenPolicy(credential{}, []string{"scope"}, nil))
}

func netHTTP(tb testing.TB, t http.RoundTripper) func() error {
	tb.Helper()
	c := &http.Client{Transport: t}
	return func() error {
		r, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, target, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := c.Do(r)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
}

func netHTTPNone(tb testing.TB) func() error {
	tb.Helper()
	return netHTTP(tb, newTransport())
}

func netHTTPChain(tb testing.TB) func() error {
	tb.Helper()
	return netHTTP(tb, chain.New(newSession(tb)).Transport(newTransport()))
}

func netHTTPOAuth2(tb testing.TB) func() error {
	tb.Helper()
	source := oauth2.ReuseTokenSource(expiring(), oauth2.StaticTokenSource(expiring()))
	return netHTTP(tb, &oauth2.Transport{Source: source, Base: newTransport()})
}
