package requestid

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/challenge"
	"github.com/chatelaine-go/chatelaine/internal/header"
)

const defaultHeader = "X-Request-Id"

// Config configures the header and its value. The zero value is usable.
type Config struct {
	// Header is the name of the header. Default "X-Request-Id".
	Header string
	// Generate makes an ID; it may be called by multiple goroutines at once. An ID that [With]
	// would ignore is replaced by one of the default kind. Nil: a random UUID (RFC 9562, version
	// 4).
	Generate func() string
}

// Interceptor sets the ID on requests. It implements [interceptor.Interceptor] and is safe for
// concurrent use. The zero value works like one of the zero [Config].
type Interceptor struct {
	interceptor.Base

	header   string
	generate func() string
}

var _ interceptor.Interceptor = (*Interceptor)(nil)

// New returns an interceptor, or an error if the configuration is wrong.
func New(c Config) (*Interceptor, error) {
	if c.Header == "" {
		c.Header = defaultHeader
	}
	if !challenge.IsToken(c.Header) {
		return nil, fmt.Errorf("requestid: Config.Header %q is not a valid header name", c.Header)
	}
	if http.CanonicalHeaderKey(c.Header) == "Authorization" {
		return nil, errors.New("requestid: Config.Header must not be Authorization; choose a header of its own")
	}
	return &Interceptor{header: http.CanonicalHeaderKey(c.Header), generate: c.Generate}, nil
}

// OnRequest sets the header, unless the caller has.
func (i *Interceptor) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	name := i.name()
	if len(req.Header[name]) > 0 {
		return h.Next(req)
	}
	v, ok := req.Extra(i).(*id)
	if !ok {
		v = &id{i.choose(req)}
		req.SetExtra(i, v)
	}
	req.Header[name] = v[:]
	return h.Next(req)
}

// Of returns the ID that a request carries, "" if none.
func (i *Interceptor) Of(req *interceptor.Request) string {
	if req == nil || req.Request == nil {
		return ""
	}
	return req.Header.Get(i.name())
}

// CopyOnWrite reports true: it modifies no request in place; see package interceptor, Optional
// methods.
func (i *Interceptor) CopyOnWrite() bool { return true }

// UsesRestyRequest reports whether chain.RestyRequest may be called; see package interceptor,
// Optional methods.
func (i *Interceptor) UsesRestyRequest() bool { return false }

// String names the interceptor in errors.
func (i *Interceptor) String() string { return "requestid" }

// id is the value of the header, ready to be put into the headers of all attempts.
type id [1]string

func (i *Interceptor) choose(req *interceptor.Request) string {
	if s, ok := From(req.Context()); ok {
		return s
	}
	if r := req.Response; r != nil && r.Request != nil { // the redirect that this request follows
		if s := r.Request.Header.Get(i.name()); valid(s) {
			return s
		}
	}
	if i.generate != nil {
		if s := i.generate(); valid(s) {
			return s
		}
	}
	return header.UUID()
}

// name is that of the header, in canonical form.
func (i *Interceptor) name() string { return cmp.Or(i.header, defaultHeader) }

// valid reports whether s can be an ID.
func valid(s string) bool { return header.Visible(s, longest) }

const longest = 200
