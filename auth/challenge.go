package auth

import (
	"net/http"
	"strings"

	"github.com/chatelaine-go/chatelaine/internal/challenge"
)

// headerChallenge is WWW-Authenticate in the form of the keys of an [http.Header], which no look-up
// has to convert.
const headerChallenge = "Www-Authenticate"

// Challenge is one challenge of a WWW-Authenticate header (RFC 9110, section 11.6.1).
type Challenge struct {
	Scheme string            // in lower case
	Params map[string]string // names in lower case, the first of each; nil if there are none
	Token  string            // the token68 form, which has no parameters
}

// Challenges parses all WWW-Authenticate headers: lists, quoted strings, several challenges in one
// header or in many. What cannot be parsed ends its header there; the challenges before it are
// returned. It takes time linear in the length of the headers.
func Challenges(h http.Header) []Challenge {
	parsed := challenge.ParseAll(h[headerChallenge])
	if parsed == nil {
		return nil
	}
	all := make([]Challenge, len(parsed))
	for i, c := range parsed {
		all[i] = Challenge{Scheme: strings.ToLower(c.Scheme), Token: c.Token}
		for _, p := range c.Params {
			if all[i].Params == nil {
				all[i].Params = make(map[string]string)
			}
			name := strings.ToLower(p.Name)
			if _, repeated := all[i].Params[name]; !repeated {
				all[i].Params[name] = p.Value
			}
		}
	}
	return all
}

// newTokenHelps reports whether, by the challenges of a response, the request may succeed with a
// new token of the same session. Without a challenge it may. It does not if the server names
// another reason, or asks for other schemes only. An explicit invalid_token wins over both.
func newTokenHelps(h http.Header) bool {
	list := challenge.ParseAll(h[headerChallenge])
	ours, other := false, false
	for _, c := range list {
		switch {
		case isForeignScheme(c.Scheme):
		case c.Get("error") == "invalid_token":
			return true
		case isOtherReason(c.Get("error")):
			other = true
		default:
			ours = true
		}
	}
	return len(list) == 0 || ours && !other
}

// isOtherReason reports whether the error code of a challenge means that the token is good but does
// not suffice (RFC 6750, section 3.1; RFC 9470, section 3; Microsoft's claims challenge), or that
// the token was not the problem (RFC 6750, section 3.1; RFC 9449, sections 7.1 and 9).
func isOtherReason(code string) bool {
	switch code {
	case "insufficient_scope", "insufficient_user_authentication", "insufficient_claims",
		"invalid_request", "use_dpop_nonce", "invalid_dpop_proof":
		return true
	default:
		return false
	}
}

// isForeignScheme reports whether a scheme certainly is not that of a token: those of the IANA
// registry of HTTP authentication schemes, and NTLM. Servers name the schemes of tokens as they
// like: Bearer, DPoP, Token, JWT.
func isForeignScheme(scheme string) bool {
	scheme = strings.ToLower(scheme)
	switch scheme {
	case "basic", "digest", "negotiate", "ntlm", "kerberos", "mutual", "hoba", "vapid", "concealed", "privatetoken",
		"aws4-hmac-sha256":
		return true
	default:
		return strings.HasPrefix(scheme, "scram-")
	}
}
