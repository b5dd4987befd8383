package chain

import (
	"net/http"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// Chain is a list of interceptors that can be laid over any number of transports.
//
// It may be changed at any time: a call keeps the interceptors it started with. All methods are safe for concurrent
// use. Make one with [New] or [Config.New]; the zero value is not usable.
type Chain struct {
	config Config
	list   atomic.Pointer[list] // replaced, never changed in place
	writes sync.Mutex
}

// New returns a chain with the default configuration: Config{}.New(is...).
func New(is ...interceptor.Interceptor) *Chain { return Config{}.New(is...) }

// Use appends interceptors; nil ones are left out.
func (c *Chain) Use(is ...interceptor.Interceptor) {
	c.writes.Lock()
	defer c.writes.Unlock()
	all := c.Interceptors()
	for _, i := range is {
		if i != nil {
			all = append(all, i)
		}
	}
	c.list.Store(newList(all))
}

// Remove takes the first interceptor equal to i out and tells whether there was one. Interceptors that cannot be
// compared, such as an interceptor.Funcs by value, are never found.
func (c *Chain) Remove(i interceptor.Interceptor) bool {
	if i == nil || !reflect.ValueOf(i).Comparable() {
		return false
	}
	c.writes.Lock()
	defer c.writes.Unlock()
	all := c.Interceptors()
	at := slices.IndexFunc(all, func(x interceptor.Interceptor) bool {
		return reflect.TypeOf(x) == reflect.TypeOf(i) && reflect.ValueOf(x).Comparable() && x == i
	})
	if at < 0 {
		return false
	}
	c.list.Store(newList(slices.Delete(all, at, at+1)))
	return true
}

// Interceptors returns a copy of the list.
func (c *Chain) Interceptors() []interceptor.Interceptor { return slices.Clone(c.list.Load().all) }

// list is what a chain runs.
type list struct {
	all     []interceptor.Interceptor
	sharing bool // all of them copy what they change, so the caller's URL and header values may be shared
}

func newList(all []interceptor.Interceptor) *list {
	return &list{all: all, sharing: !slices.ContainsFunc(all, writes)}
}

// writes tells whether an interceptor may write into what it is given.
func writes(i interceptor.Interceptor) bool {
	c, ok := i.(interface{ CopyOnWrite() bool })
	return !ok || !c.CopyOnWrite()
}

// Transport lays the chain over base; a nil base is a clone of [http.DefaultTransport]. The result works for any
// [http.Client], and passes CloseIdleConnections on.
func (c *Chain) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport //nolint:forbidigo // a clone of it, or what a mock put in its place
		if t, ok := base.(*http.Transport); ok {
			base = t.Clone()
		}
	}
	t := &transport{chain: c, base: base}
	if s, ok := tlsOf(base); ok {
		return &transportTLS{transport: t, tlsSettings: s}
	}
	return t
}
