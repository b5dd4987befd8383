package idempotency

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

const defaultHeader = "Idempotency-Key"

// Config says which requests get a key, and where it goes. The zero value is usable.
type Config struct {
	// Header is the name of the header. Default "Idempotency-Key".
	Header string
	// Methods are those whose requests get a key. Nil: POST and PATCH.
	Methods []string
	// Generate makes a key; it may be called by many goroutines at once. A key that [With] would ignore is replaced by one
	// of the default kind. Nil: a random UUID (RFC 9562, version 4).
	Generate func() string
	// Quoted writes the key in double quotes, as the IETF's draft wants it. Default: as it is.
	Quoted bool
}

// Interceptor puts the key on requests. It implements [interceptor.Interceptor] and is safe for concurrent use. Make one
// with [New].
type Interceptor struct {
	interceptor.Base

	header   string
	methods  []string
	generate func() string
	quoted   bool
}

var _ interceptor.Interceptor = (*Interceptor)(nil)

// New checks the configuration, all of it, and returns an interceptor.
func New(c Config) (*Interceptor, error) {
	var errs []error
	if c.Header == "" {
		c.Header = defaultHeader
	}
	if !token(c.Header) || http.CanonicalHeaderKey(c.Header) == "Authorization" {
		errs = append(errs, fmt.Errorf("idempotency: Config.Header %q cannot hold a key; name a header of its own", c.Header))
	}
	if c.Methods == nil {
		c.Methods = []string{http.MethodPost, http.MethodPatch}
	}
	for _, m := range c.Methods {
		if !token(m) {
			errs = append(errs, fmt.Errorf("idempotency: Config.Methods: %q is no method", m))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if c.Generate == nil {
		c.Generate = uuid
	}
	return &Interceptor{
		header: http.CanonicalHeaderKey(c.Header), methods: slices.Clone(c.Methods), generate: c.Generate, quoted: c.Quoted,
	}, nil
}

// OnRequest sets the header on requests of the configured methods, if the caller has not.
func (i *Interceptor) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	if len(req.Header[i.header]) > 0 || !slices.Contains(i.methods, req.Method) {
		return h.Next(req)
	}
	v, ok := req.Extra(i).(*value)
	if !ok {
		v = &value{i.choose(req)}
		req.SetExtra(i, v)
	}
	req.Header[i.header] = v[:]
	return h.Next(req)
}

// Of returns the value of the header that a request carries, "" if none.
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
func (i *Interceptor) String() string { return "idempotency" }

// value is the value of the header, ready to be put into the maps of all attempts.
type value [1]string

func (i *Interceptor) choose(req *interceptor.Request) string {
	if key, ok := From(req.Context()); ok {
		return i.write(key)
	}
	if r := req.Response; r != nil && r.Request != nil { // the redirect that this request follows
		if s := r.Request.Header.Get(i.header); s != "" {
			return s
		}
	}
	if key := i.generate(); valid(key) {
		return i.write(key)
	}
	return i.write(uuid())
}

func (i *Interceptor) write(key string) string {
	if i.quoted {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
	}
	return key
}

const longest = 255

// valid tells whether s can be a key: visible ASCII.
func valid(s string) bool {
	return s != "" && len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
}

// token tells whether s is a token of RFC 9110 §5.6.2.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}
