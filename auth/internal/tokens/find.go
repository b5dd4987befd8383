package tokens

import "strings"

func accessNames() []string {
	return []string{"accesstoken", "token", "jwt", "access", "authtoken", "bearertoken"}
}

func refreshNames() []string { return []string{"refreshtoken", "refresh"} }

// find looks for the object that holds the access token: o, else one that it wraps, levels deep.
// Own is the object that stands in the place of the token, if it is one: {"access": {"token": …,
// "expires": …}}.
func find(o *object, exact string, levels int) (holder *object, access string, own *object) {
	names := accessNames()
	if exact != "" {
		names = append([]string{fold(exact)}, names...)
	}
	for i, f := range names {
		var s string
		if i == 0 && exact != "" {
			s = o.text(exact)
		} else {
			s = o.text("", f)
		}
		if token, _ := withoutScheme(s); isCredential(token) {
			return o, s, nil
		}
		if f != "access" && f != "accesstoken" {
			continue
		}
		if inner := o.inner(f); inner != nil {
			if s := inner.text("", "token", "value"); isCredential(s) {
				o.take(f)
				return o, s, inner
			}
		}
	}
	if levels == 0 {
		return nil, "", nil
	}
	for _, wrap := range []string{
		"data", "result", "session", "tokens", "response", "payload", "attributes", "credentials", "auth", "authenticationresult",
		"token",
	} {
		if inner := o.inner(wrap); inner != nil {
			if h, s, own := find(inner, exact, levels-1); s != "" {
				return h, s, own
			}
		}
	}
	return nil, "", nil
}

// withoutScheme takes the name of a scheme from the beginning of a value: "Bearer abc".
func withoutScheme(s string) (token, scheme string) {
	word, rest, ok := strings.Cut(s, " ")
	if ok && (strings.EqualFold(word, "Bearer") || strings.EqualFold(word, "DPoP")) {
		return rest, word
	}
	return s, ""
}

// isCredential reports whether a value can be an access token: a header can carry it, and it is
// neither part of a page nor a form.
func isCredential(s string) bool {
	return s != "" && len(s) <= MaxLength && HeaderSafe(s) && !strings.ContainsAny(s, `<"&`)
}

// isToken68 reports whether a text that stands alone can be an access token (RFC 6750, section
// 2.1). An equals sign in it is padding, or the text is a form.
func isToken68(s string) bool {
	body := strings.TrimRight(s, "=")
	padded := len(body) == len(s) || len(s)%4 == 0 && len(s)-len(body) <= 2
	return isCredential(s) && padded && body != "" && !strings.Contains(body, "=")
}

// HeaderSafe reports whether s is visible ASCII without spaces, as RFC 6750, section 2.1, requires.
func HeaderSafe(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
