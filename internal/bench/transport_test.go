package bench_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

type pass struct{ interceptor.Base }

// careful promises what the stock interceptors do.
type careful struct{ pass }

func (careful) CopyOnWrite() bool { return true }

func (careful) UsesRestyRequest() bool { return false }

// cloner is the shortest correct RoundTripper that sets a header.
type cloner struct{ base http.RoundTripper }

func (c cloner) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer token")
	return c.base.RoundTrip(r)
}

// floor is what cannot be avoided: a request, a header map of two pieces, and a value that all
// requests share.
type floor struct {
	base  http.RoundTripper
	value []string
}

func (f floor) RoundTrip(r *http.Request) (*http.Response, error) {
	c := new(http.Request)
	*c = *r
	c.Header = maps.Clone(r.Header)
	c.Header["Authorization"] = f.value
	return f.base.RoundTrip(c)
}

// sign sets a header to a value that all requests share: the least an interceptor can do.
type sign struct {
	careful

	value []string
}

func (s sign) OnRequest(r *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	r.Header["Authorization"] = s.value
	return h.Next(r)
}

// through sends a request with so many headers through a transport.
func through(b *testing.B, t http.RoundTripper, headers int) func() error {
	b.Helper()
	r := newRequest(b)
	for i := range headers - 2 {
		r.Header.Set(fmt.Sprintf("X-Header-%d", i), "value")
	}
	if headers < 2 {
		r.Header.Del("User-Agent")
	}
	return func() error {
		resp, err := t.RoundTrip(r)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	}
}

func newOAuth2(base http.RoundTripper) http.RoundTripper {
	source := oauth2.ReuseTokenSource(expiring(), oauth2.StaticTokenSource(expiring()))
	return &oauth2.Transport{Source: source, Base: base}
}

// transports are what a request with so many headers is sent through, to compare.
func transports(b *testing.B, session interceptor.Interceptor, headers int) []contestant {
	b.Helper()
	base, value := newTransport(), []string{"Bearer token"}
	list := func(is ...interceptor.Interceptor) http.RoundTripper { return chain.New(is...).Transport(base) }
	var all []contestant
	for _, c := range []struct {
		name string
		t    http.RoundTripper
	}{
		{"lib=bare", base},
		{"lib=floor", floor{base, value}},
		{"lib=clone", cloner{base}},
		{"lib=oauth2", newOAuth2(base)},
		{"lib=chain/list=sign", list(sign{value: value})},
		{"lib=chain/list=sign+4", list(sign{value: value}, careful{}, careful{}, careful{}, careful{})},
		{"lib=chain/list=sign+any", list(sign{value: value}, pass{})},
		{"lib=chain/list=auth", list(session)},
		{"lib=chain/list=auth+4", list(session, careful{}, careful{}, careful{}, careful{})},
		{"lib=chain/list=auth+any", list(session, pass{})},
	} {
		all = append(all, contestant{c.name, through(b, c.t, headers)})
	}
	return all
}

// BenchmarkTransport compares what transports add to the bare one, for a request with few headers
// and with some more. The metric is what each adds over what oauth2.Transport adds in the same
// run.
func BenchmarkTransport(b *testing.B) {
	session := newSession(b)
	for _, headers := range []int{2, 6} {
		all := transports(b, session, headers)
		costs := compare(b, all)
		oauth := costs.added("lib=oauth2", "lib=bare")
		for _, c := range all {
			added := costs.added(c.name, "lib=bare")
			report(b, fmt.Sprintf("headers=%d/%s", headers, c.name), added, "of-oauth2", added.cpu/oauth.cpu)
		}
	}
}

var (
	oneOf = flag.String("one", "lib=bare", "the transport of BenchmarkOne")
	ofOne = flag.Int("headers", 2, "the headers of BenchmarkOne")
)

// BenchmarkOne sends b.N requests through one transport of BenchmarkTransport, for a tool that
// counts instructions: their number is the same however busy the machine is.
func BenchmarkOne(b *testing.B) {
	for _, c := range transports(b, newSession(b), *ofOne) {
		if c.name != *oneOf {
			continue
		}
		for range b.N {
			if err := c.do(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkGrowth measures what chain and auth add to the bare transport as one quantity grows. All
// of it must be linear at most.
func BenchmarkGrowth(b *testing.B) {
	base := newTransport()
	session := newSession(b)
	grow := func(what string, sizes []int, of func(int) contestant) {
		all := []contestant{{"bare", through(b, base, 2)}}
		for _, n := range sizes {
			c := of(n)
			c.name = fmt.Sprintf("%s=%d", what, n)
			all = append(all, c)
		}
		costs := compare(b, all)
		for i, c := range all[1:] {
			added := costs.added(c.name, "bare")
			report(b, c.name, added, "cpu-ns/unit", added.cpu/float64(sizes[i]))
		}
	}
	grow("interceptors", []int{1, 2, 4, 8, 16, 32}, func(n int) contestant {
		list := []interceptor.Interceptor{session}
		for range n - 1 {
			list = append(list, careful{})
		}
		return contestant{do: through(b, chain.New(list...).Transport(base), 2)}
	})
	grow("headers", []int{1, 2, 4, 7, 8, 16, 32, 64}, func(n int) contestant {
		return contestant{do: through(b, chain.New(session).Transport(base), n)}
	})
	grow("token", []int{16, 256, 1 << 10, 4 << 10, 16 << 10}, func(n int) contestant {
		t := auth.Token{AccessToken: strings.Repeat("x", n)}
		return contestant{do: through(b, chain.New(sessionOf(b, t)).Transport(base), 2)}
	})
}

// BenchmarkQueued measures a queued interceptor that no one waits for, near the start of a
// goroutine and deep in its stack.
func BenchmarkQueued(b *testing.B) {
	base := newTransport()
	plain := through(b, chain.New(careful{}).Transport(base), 2)
	queued := through(b, chain.New(interceptor.Queued(careful{})).Transport(base), 2)
	all := []contestant{
		{"plain", plain},
		{"queued/depth=0", queued},
		{"queued/depth=1000", func() error { return deep(1000, queued) }},
		{"deep", func() error { return deep(1000, plain) }},
	}
	costs := compare(b, all)
	report(b, "depth=0", costs.added("queued/depth=0", "plain"))
	report(b, "depth=1000", costs.added("queued/depth=1000", "deep"))
}

// deep calls f below n frames.
//
//go:noinline
func deep(n int, f func() error) error {
	if n == 0 {
		return f()
	}
	return deep(n-1, f)
}
