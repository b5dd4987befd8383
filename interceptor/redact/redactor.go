package redact

import (
	"errors"
	"fmt"
	"strings"
)

// Mask replaces a secret.
const Mask = "REDACTED"

// Config lists what may be shown in addition to the built-in harmless names. The zero value adds
// nothing.
//
// Values of the names listed here are shown unchanged; those of the built-in names are still masked
// where they look like tokens.
type Config struct {
	// Headers are names of headers. Those that always hold credentials or cookies cannot be listed.
	Headers []string
	// Query are names of query parameters.
	Query []string
	// Fields are names of form fields and of members of JSON objects, at any depth. A listed member
	// shows its value, or the values in its array; if it is an object, its members are judged by
	// their own names.
	Fields []string
}

// Redactor masks secrets. Make one with [New]; the zero value and a nil *Redactor work like one of
// the zero [Config].
type Redactor struct {
	headers, query, fields names
}

// New returns a redactor. The error lists everything that is wrong with the configuration.
func New(c Config) (*Redactor, error) {
	var errs []error
	for _, name := range c.Headers {
		if k := kindOf(strings.ToLower(name)); k == credentialHeader || k == cookieHeader || k == setCookieHeader {
			errs = append(errs, fmt.Errorf("redact: Config.Headers: %s holds secrets; it cannot be shown", name))
		}
	}
	headers, err := namesOf("Headers", c.Headers)
	errs = append(errs, err)
	query, err := namesOf("Query", c.Query)
	errs = append(errs, err)
	fields, err := namesOf("Fields", c.Fields)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return &Redactor{headers: headers, query: query, fields: fields}, nil
}

// names is a set of listed names, in lower case.
type names map[string]bool

func namesOf(field string, list []string) (names, error) {
	n := make(names, len(list))
	for i, name := range list {
		if strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("redact: Config.%s[%d] is empty; name what may be shown", field, i)
		}
		n[strings.ToLower(name)] = true
	}
	return n, nil
}

func (r *Redactor) orDefault() Redactor {
	if r == nil {
		return Redactor{}
	}
	return *r
}

// QueryValue returns what may be shown of the value of a query parameter.
func (r *Redactor) QueryValue(name, value string) string {
	name = strings.ToLower(name)
	// A separator may hide another parameter, for servers that split differently.
	simple := !strings.ContainsAny(value, "=;&")
	return visible(trustIn(r.orDefault().query[name], knownQuery(name) && simple), value)
}

// FieldValue returns what may be shown of the value of a form field or of a member of a JSON
// object.
func (r *Redactor) FieldValue(name, value string) string {
	g := guess{redactor: r.orDefault()}
	return g.fieldValue(g.redactor.field(name), value, 0)
}

// field is what the lists say about the name of a field.
type field struct{ listed, known bool }

func (r *Redactor) field(name string) field {
	name = strings.ToLower(name)
	listed := r.fields[name]
	return field{listed: listed, known: !listed && knownField(name)}
}

// fieldValue returns what may be shown of a value in a text at this depth.
func (g *guess) fieldValue(f field, value string, depth int) string {
	if !f.known {
		return visible(trustIn(f.listed, false), value)
	}
	var ok bool
	switch {
	case code(value):
		ok = true
	case len(value) > MaxText:
	case depth >= maxDepth:
		ok = g.harmless(value)
	default:
		ok = g.text(value, depth+1) == value
	}
	return visible(trustIn(false, ok), value)
}

// code reports whether value is a number or a name such as invalid_grant, which is always harmless.
func code(value string) bool {
	const longest = 11
	return len(value) <= longest && !strings.ContainsFunc(value, func(r rune) bool { return !digit(r) }) ||
		len(value) <= 2*longest && !strings.ContainsFunc(value, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') })
}

// Name returns what may be shown of the name of a parameter, a field or a member: the name, unless
// it looks like a token.
func (r *Redactor) Name(name string) string {
	const longest = 80
	if len(name) > longest || !plain(name) {
		return Mask
	}
	return name
}

// trust is how far a value is shown.
type trust uint8

const (
	hidden  trust = iota
	checked       // unless it looks like a token
	trusted
)

func trustIn(listed, known bool) trust {
	switch {
	case listed:
		return trusted
	case known:
		return checked
	default:
		return hidden
	}
}

func visible(t trust, value string) string {
	if value == "" || t == trusted || t == checked && plain(value) {
		return value
	}
	return Mask
}
