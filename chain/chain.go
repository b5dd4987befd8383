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
// It may be changed at any time: a call keeps the interceptors it started with. All methods are
// safe for concurrent use. The zero Chain is an empty chain with the default configuration.
type Chain struct {
	config  Config
	list    atomic.Pointer[list] // replaced, never changed in place
	writes  sync.Mutex
	beneath atomic.Pointer[beneath] // of the first transport; nil before there is one
}

// New returns a chain with the default configuration: Config{}.New(is...).
func New(is ...interceptor.Interceptor) *Chain { return Config{}.New(is...) }

// Use appends interceptors; nil ones are left out.
func (c *Chain) Use(is ...interceptor.Interceptor) {
	c.add(is, func(all, is []interceptor.Interceptor) []interceptor.Interceptor {
		return append(all, is...)
	})
}

// Insert puts interceptors at position at of the list, before the one that is there now; nil ones
// are left out. Position 0 is the start. Since the list may change at any time, a position outside
// of it is not an error: below 0 it is the start, beyond the last one the end.
func (c *Chain) Insert(at int, is ...interceptor.Interceptor) {
	c.add(is, func(all, is []interceptor.Interceptor) []interceptor.Interceptor {
		return slices.Insert(all, min(max(at, 0), len(all)), is...)
	})
}

// Clear removes all interceptors. An installed chain stays installed, and passes everything on.
func (c *Chain) Clear() {
	c.change(func([]interceptor.Interceptor) []interceptor.Interceptor { return nil })
}

// Remove removes the first interceptor equal to i and reports whether there was one. Interceptors
// that cannot be compared, such as an interceptor.Funcs by value, are never found.
func (c *Chain) Remove(i interceptor.Interceptor) bool {
	if i == nil || !reflect.ValueOf(i).Comparable() {
		return false
	}
	found := false
	c.change(func(all []interceptor.Interceptor) []interceptor.Interceptor {
		at := slices.IndexFunc(all, func(x interceptor.Interceptor) bool {
			return reflect.TypeOf(x) == reflect.TypeOf(i) && reflect.ValueOf(x).Comparable() &&
				x == i
		})
		if found = at >= 0; found {
			all = slices.Delete(all, at, at+1)
		}
		return all
	})
	return found
}

// Interceptors returns a copy of the list.
func (c *Chain) Interceptors() []interceptor.Interceptor { return slices.Clone(c.current().all) }

// change replaces the list by what f makes of a copy of it.
func (c *Chain) change(f func([]interceptor.Interceptor) []interceptor.Interceptor) {
	c.writes.Lock()
	defer c.writes.Unlock()
	c.list.Store(newList(f(c.Interceptors())))
}

// current returns the list as it is now.
func (c *Chain) current() *list {
	if l := c.list.Load(); l != nil {
		return l
	}
	return new(list) // of a zero Chain
}

// present returns the interceptors that are not nil.
func present(is []interceptor.Interceptor) []interceptor.Interceptor {
	return slices.DeleteFunc(slices.Clone(is), func(i interceptor.Interceptor) bool { return i == nil })
}

// list is what a chain runs.
type list struct {
	all     []interceptor.Interceptor
	sharing bool // all of them promise CopyOnWrite, so the caller's URL and values may be shared

	asking bool // one of them may call RestyRequest

	finishers []interceptor.Finisher
}

func newList(all []interceptor.Interceptor) *list {
	l := &list{
		all:     all,
		sharing: !slices.ContainsFunc(all, writes),
		asking:  slices.ContainsFunc(all, asks),
	}
	for _, i := range all {
		if f, ok := as[interceptor.Finisher](i); ok {
			l.finishers = append(l.finishers, f)
		}
	}
	return l
}

// writes reports whether an interceptor may write into what it is given.
func writes(i interceptor.Interceptor) bool {
	c, ok := i.(interface{ CopyOnWrite() bool })
	return !ok || !c.CopyOnWrite()
}

// asks reports whether an interceptor may call RestyRequest.
func asks(i interceptor.Interceptor) bool {
	u, ok := i.(interface{ UsesRestyRequest() bool })
	return !ok || u.UsesRestyRequest()
}

// Transport lays the chain over base; a nil base is a clone of [http.DefaultTransport]. The result
// works for any [http.Client], and passes CloseIdleConnections on.
func (c *Chain) Transport(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
		if t, ok := base.(*http.Transport); ok {
			base = t.Clone()
		}
	}
	t := &transport{chain: c, base: base}
	t.beneath = c.introduce(base)
	if s, ok := tlsOf(base); ok {
		return &transportTLS{transport: t, tlsSettings: s}
	}
	return t
}
