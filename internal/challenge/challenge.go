// Package challenge parses the challenges of WWW-Authenticate headers.
//
// # Overview
//
// A challenge is a scheme, then nothing, one token68, or parameters (RFC 9110, section 11.6.1).
// Several may stand in one header. Package auth reads from them whether a new token would help;
// interceptor/redact shows of them what is known to be harmless.
//
// # Usage
//
//	list, rest := challenge.Parse(`Basic realm="files", Bearer error="invalid_token"`)
//
// # Errors
//
// There are none: what cannot be parsed is returned as the rest.
//
// # Concurrency
//
// Functions and values are safe for concurrent use.
//
// # Security
//
// Parsing takes time linear in the length of the header. A token68 may be a credential that the
// server repeats; so may the rest.
package challenge

import "strings"

// Challenge is one challenge. Not both Params and Token are set.
type Challenge struct {
	Scheme string  // as the server spells it
	Params []Param // in the order of the header, repetitions included
	Token  string  // the token68 form, which has no parameters
}

// Param is one parameter of a challenge. Value is without quotes and escapes.
type Param struct{ Name, Value string }

// Is reports whether the challenge has the scheme, in any case.
func (c Challenge) Is(scheme string) bool { return strings.EqualFold(c.Scheme, scheme) }

// Get returns the value of the first parameter called name, in any case; "" if there is none.
func (c Challenge) Get(name string) string {
	for _, p := range c.Params {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return ""
}

// ParseAll parses the values of all WWW-Authenticate headers of a response. What cannot be parsed
// ends its header there; the challenges before it are returned.
func ParseAll(values []string) []Challenge {
	var all []Challenge
	for _, v := range values {
		list, _ := Parse(v)
		all = append(all, list...)
	}
	return all
}

// Parse parses the value of one header: challenges, and the rest, from the place where the grammar
// ends; "" if that is the end of the value.
func Parse(value string) (list []Challenge, rest string) {
	p := parser{rest: value}
	for {
		p.skip(", \t")
		before := p.rest
		scheme := p.token()
		if scheme == "" {
			return list, before
		}
		c := Challenge{Scheme: scheme}
		ok := true
		spaced := p.skip(" \t")
		if strings.HasPrefix(p.rest, "=") { // a parameter where there should be a scheme
			return list, before
		}
		if spaced {
			ok = p.credentials(&c)
		}
		list = append(list, c)
		p.skip(" \t")
		if !ok || p.rest != "" && p.rest[0] != ',' {
			return list, p.rest
		}
	}
}

// parser reads the grammar of RFC 9110, section 11.2, from the left. Each byte is looked at a
// bounded number of times.
type parser struct{ rest string }

// credentials reads a token68 or a list of parameters. It reports false if neither can be read to
// its end; rest then begins at the parameter that it could not read.
func (p *parser) credentials(c *Challenge) bool {
	if t := p.token68(); t != "" {
		c.Token = t
		return true
	}
	for {
		before := p.rest
		p.skip(", \t")
		start := p.rest
		name := p.token()
		p.skip(" \t")
		if name == "" || !strings.HasPrefix(p.rest, "=") {
			p.rest = before // the scheme of the next challenge, or the end
			return true
		}
		p.rest = p.rest[1:]
		p.skip(" \t")
		value, ok := p.value()
		if !ok {
			p.rest = start
			return false
		}
		c.Params = append(c.Params, Param{name, value})
		p.skip(" \t")
		if !strings.HasPrefix(p.rest, ",") {
			return p.rest == ""
		}
	}
}

// value reads a token or a quoted string.
func (p *parser) value() (string, bool) {
	if !strings.HasPrefix(p.rest, `"`) {
		t := p.token()
		return t, t != ""
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			p.rest = p.rest[i+1:]
			return b.String(), true
		case '\\':
			i++
			if i < len(p.rest) {
				b.WriteByte(p.rest[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// token68 reads a token68. What follows distinguishes it from a parameter: the end of the
// challenge.
func (p *parser) token68() string {
	end := 0
	for end < len(p.rest) && (isTokenChar(p.rest[end]) || p.rest[end] == '/') {
		end++
	}
	padded := end
	for padded < len(p.rest) && p.rest[padded] == '=' {
		padded++
	}
	after := strings.TrimLeft(p.rest[padded:], " \t")
	if end == 0 || after != "" && after[0] != ',' {
		return ""
	}
	t := p.rest[:padded]
	p.rest = after
	return t
}

func (p *parser) token() string {
	end := 0
	for end < len(p.rest) && isTokenChar(p.rest[end]) {
		end++
	}
	t := p.rest[:end]
	p.rest = p.rest[end:]
	return t
}

// skip drops any of chars, and reports whether there were some.
func (p *parser) skip(chars string) bool {
	before := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, chars)
	return len(p.rest) < before
}

// IsToken reports whether s is a token (RFC 9110, section 5.6.2): the name of a scheme, a method,
// or a header.
func IsToken(s string) bool {
	for i := range len(s) {
		if !isTokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

// isTokenChar is tchar of RFC 9110, section 5.6.2.
func isTokenChar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	default:
		return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
	}
}
