package auth

import (
	"net/http"
	"strings"
)

// Challenge is one challenge of a WWW-Authenticate header (RFC 9110 §11.6.1).
type Challenge struct {
	Scheme string            // in lower case
	Params map[string]string // names in lower case, the first of each; nil if there are none
	Token  string            // the token68 form, which has no parameters
}

// Challenges parses all WWW-Authenticate headers: lists, quoted strings, several challenges in one header or in many.
// What cannot be parsed ends its header there; what came before it is returned.
func Challenges(h http.Header) []Challenge {
	var all []Challenge
	for _, v := range h.Values("WWW-Authenticate") {
		p := parser{rest: v}
		all = append(all, p.challenges()...)
	}
	return all
}

// insufficientScope tells whether the server says that the token is good but does not suffice, so that a new one of the
// same scope would not help (RFC 6750 §3.1).
func insufficientScope(h http.Header) bool {
	for _, c := range Challenges(h) {
		if c.Scheme == "bearer" && c.Params["error"] == "insufficient_scope" {
			return true
		}
	}
	return false
}

// parser reads the grammar of RFC 9110 §11.2 from the left.
type parser struct{ rest string }

func (p *parser) challenges() []Challenge {
	var all []Challenge
	for {
		p.skip(", \t")
		scheme := p.token()
		if scheme == "" {
			return all
		}
		c := Challenge{Scheme: strings.ToLower(scheme)}
		ok := true
		spaced := p.skip(" \t")
		if strings.HasPrefix(p.rest, "=") { // a parameter where there should be a scheme
			return all
		}
		if spaced {
			ok = p.credentials(&c)
		}
		all = append(all, c)
		p.skip(" \t")
		if !ok || p.rest != "" && p.rest[0] != ',' {
			return all
		}
	}
}

// credentials reads a token68 or a list of parameters; false if neither can be read to its end.
func (p *parser) credentials(c *Challenge) bool {
	if t := p.token68(); t != "" {
		c.Token = t
		return true
	}
	for {
		before := p.rest
		p.skip(", \t")
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
			return false
		}
		if c.Params == nil {
			c.Params = make(map[string]string)
		}
		if _, twice := c.Params[strings.ToLower(name)]; !twice {
			c.Params[strings.ToLower(name)] = value
		}
		p.skip(" \t")
		if !strings.HasPrefix(p.rest, ",") {
			return p.rest == ""
		}
	}
}

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

// token68 reads a token68, which is told from a parameter by what follows: the end of the challenge.
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

func (p *parser) skip(chars string) bool {
	before := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, chars)
	return len(p.rest) < before
}

// isToken tells whether s is a token of RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

// isTokenChar is tchar of RFC 9110 §5.6.2.
func isTokenChar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	default:
		return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
	}
}
