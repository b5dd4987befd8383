package idempotency

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/internal/challenge"
	"github.com/chatelaine-go/chatelaine/internal/header"
)

const defaultHeader = "Idempotency-Key"

// Config configures which requests get a key, and the header that holds it. The zero value is
// usable.
type Config struct {
	// Header is the name of the header. Default "Idempotency-Key".
	Header string
	// Methods are those whose requests get a key. Nil: POST and PATCH.
	Methods []string
	// Generate makes a key; it may be called by multiple goroutines at once. A key that [With]
	// would ignore is replaced by one of the default kind. Nil: a random UUID (RFC 9562, version
	// 4).
	Generate func() string
	// Quoted writes the key in double quotes, as the IETF's draft wants it. Default: without
	// quotes.
	Quoted bool
}

// Interceptor sets the key on requests. It implements [interceptor.Interceptor] and is safe for
// concurrent use. The zero value works like one of the zero [Config].
type Interceptor struct {
	interceptor.Base

	header   string
	methods  []string
	generate func() string
	quoted   bool
}

var _ interceptor.Interceptor = (*Interceptor)(nil)

// New returns an interceptor. The error lists everything that is wrong with the configuration.
func New(c Config) (*Interceptor, error) {
	var errs []error
	if c.Header == "" {
		c.Header = defaultHeader
	}
	if !challenge.IsToken(c.Header) || http.CanonicalHeaderKey(c.Header) == "Authorization" {
		errs = append(errs, fmt.Errorf("idempotency: Config.Header %q cannot hold a key; name a header of its own", c.Header))
	}
	for _, m := range c.Methods {
		if !challenge.IsToken(m) {
			errs = append(errs, fmt.Errorf("idempotency: Config.Methods: %q is not a valid method", m))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Interceptor{
		header: http.CanonicalHeaderKey(c.Header), methods: slices.Clone(c.Methods), generate: c.Generate, quoted: c.Quoted,
	}, nil
}

// OnRequest sets the header on requests of the configured methods, unless the caller has.
func (i *Interceptor) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	name := i.name()
	if len(req.Header[name]) > 0 || !i.covers(req.Method) {
		return h.Next(req)
	}
	v, ok := req.Extra(i).(*value)
	if !ok {
		v = &value{i.choose(req)}
		req.SetExtra(i, v)
	}
	req.Header[name] = v[:]
	return h.Next(req)
}

// Of returns the value of the header that a request carries, "" if none.
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
func (i *Interceptor) String() string { return "idempotency" }

// value is the value of the header, ready to be put into the headers of all attempts.
type value [1]string

func (i *Interceptor) choose(req *interceptor.Request) string {
	if key, ok := From(req.Context()); ok {
		return i.write(key)
	}
	if r := req.Response; r != nil && r.Request != nil { // the redirect that this request follows
		if s := r.Request.Header.Get(i.name()); s != "" {
			return s
		}
	}
	if i.generate != nil {
		if key := i.generate(); valid(key) {
			return i.write(key)
		}
	}
	return i.write(header.UUID())
}

// name is that of the header, in canonical form.
func (i *Interceptor) name() string { return cmp.Or(i.header, defaultHeader) }

// covers reports whether requests of the method get a key.
func (i *Interceptor) covers(method string) bool {
	if i.methods == nil {
		return method == http.MethodPost || method == http.MethodPatch
	}
	return slices.Contains(i.methods, method)
}

func (i *Interceptor) write(key string) string {
	if i.quoted {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
	}
	return key
}

// valid reports whether s can be a key.
func valid(s string) bool { return header.Visible(s, longest) }

const longest = 255
