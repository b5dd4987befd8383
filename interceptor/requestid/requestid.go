package requestid

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

const defaultHeader = "X-Request-Id"

// Config says where the id goes and what it is. The zero value is usable.
type Config struct {
	// Header is the name of the header. Default "X-Request-Id".
	Header string
	// Generate makes an id; it may be called by many goroutines at once. An id that [With] would ignore is replaced by one
	// of the default kind. Nil: a random UUID (RFC 9562, version 4).
	Generate func() string
}

// Interceptor puts the id on requests. It implements [interceptor.Interceptor] and is safe for concurrent use. Make one
// with [New].
type Interceptor struct {
	interceptor.Base

	header   string
	generate func() string
}

var _ interceptor.Interceptor = (*Interceptor)(nil)

// New checks the configuration and returns an interceptor.
func New(c Config) (*Interceptor, error) {
	if c.Header == "" {
		c.Header = defaultHeader
	}
	if !token(c.Header) {
		return nil, fmt.Errorf("requestid: Config.Header %q is no header name", c.Header)
	}
	if http.CanonicalHeaderKey(c.Header) == "Authorization" {
		return nil, errors.New("requestid: Config.Header must not be Authorization; choose a header of its own")
	}
	if c.Generate == nil {
		c.Generate = uuid
	}
	return &Interceptor{header: http.CanonicalHeaderKey(c.Header), generate: c.Generate}, nil
}

// OnRequest sets the header, if the caller has not.
func (i *Interceptor) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	if len(req.Header[i.header]) > 0 {
		return h.Next(req)
	}
	v, ok := req.Extra(i).(*id)
	if !ok {
		v = &id{i.choose(req)}
		req.SetExtra(i, v)
	}
	req.Header[i.header] = v[:]
	return h.Next(req)
}

// Of returns the id that a request carries, "" if none.
func (i *Interceptor) Of(req *interceptor.Request) string {
	if req == nil || req.Request == nil {
		return ""
	}
	return req.Header.Get(i.header)
}

// CopyOnWrite tells that it writes into no request; see package interceptor, Copies.
func (i *Interceptor) CopyOnWrite() bool { return true }

// UsesRestyRequest reports whether chain.RestyRequest may be called; see package interceptor,
// Optional methods.
func (i *Interceptor) UsesRestyRequest() bool { return false }

// String names the interceptor in errors.
func (i *Interceptor) String() string { return "requestid" }

// id is the value of the header, ready to be put into the maps of all attempts.
type id [1]string

func (i *Interceptor) choose(req *interceptor.Request) string {
	if s, ok := From(req.Context()); ok {
		return s
	}
	if r := req.Response; r != nil && r.Request != nil { // the redirect that this request follows
		if s := r.Request.Header.Get(i.header); valid(s) {
			return s
		}
	}
	if s := i.generate(); valid(s) {
		return s
	}
	return uuid()
}

const longest = 200

// valid tells whether s can be an id: visible ASCII.
func valid(s string) bool {
	return s != "" && len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
}

// token tells whether s is a token of RFC 9110 §5.6.2.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}
