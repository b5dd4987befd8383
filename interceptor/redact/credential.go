package redact

import (
	"strings"

	"github.com/chatelaine-go/chatelaine/internal/challenge"
)

// credential shows the scheme of an Authorization header.
func credential(value string) string {
	scheme, _, ok := strings.Cut(strings.TrimLeft(value, " "), " ")
	if !ok || !knownScheme(scheme) {
		return Mask
	}
	return scheme + " " + Mask
}

// challenge shows of a WWW-Authenticate header the parameters that say what is wrong. A token68,
// other parameters, and what cannot be parsed may be credentials that the server repeats.
func (r *Redactor) challenge(value string) string {
	list, rest := challenge.Parse(value)
	shown := make([]string, 0, len(list)+1)
	for _, c := range list {
		shown = append(shown, r.oneChallenge(c))
	}
	if rest != "" {
		shown = append(shown, Mask)
	}
	return strings.Join(shown, ", ")
}

func (r *Redactor) oneChallenge(c challenge.Challenge) string {
	scheme := c.Scheme
	if !knownScheme(scheme) && (c.Params == nil || r.Name(scheme) == Mask) {
		scheme = Mask // it may as well be a token without a scheme
	}
	if c.Token != "" {
		return scheme + " " + Mask
	}
	params := make([]string, len(c.Params))
	for i, p := range c.Params {
		switch strings.ToLower(p.Name) {
		case "realm", "error", "scope", "charset", "algorithm", "qop", "stale", "error_description":
			g := guess{redactor: r.orDefault()}
			params[i] = p.Name + "=" + quotedString(g.text(p.Value, 0))
		default:
			params[i] = r.Name(p.Name) + "=" + Mask
		}
	}
	return strings.TrimRight(scheme+" "+strings.Join(params, ", "), " ")
}

// quotedString writes s as RFC 9110, section 5.6.4, wants it.
func quotedString(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// knownScheme reports whether s is the name of an authentication scheme, and so not a secret.
func knownScheme(s string) bool {
	switch strings.ToLower(s) {
	case "basic", "bearer", "digest", "dpop", "hoba", "mutual", "negotiate", "ntlm", "token", "apikey", "gnap", "signature",
		"aws4-hmac-sha256", "privatetoken", "vapid", "scram-sha-1", "scram-sha-256":
		return true
	}
	return false
}
