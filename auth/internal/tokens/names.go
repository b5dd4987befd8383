package tokens

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// parseForm reads a form whose members name a token or an error; else nil.
func parseForm(text string) *object {
	if strings.Count(text, "&") > maxMembers || !strings.Contains(text, "=") {
		return nil
	}
	form, err := url.ParseQuery(text)
	if err != nil {
		return nil
	}
	o := newObject()
	for pair := range strings.SplitSeq(text, "&") {
		raw, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(raw)
		if err != nil || !form.Has(name) {
			continue
		}
		value, err := json.Marshal(form.Get(name))
		if err != nil {
			continue
		}
		o.add(name, value)
	}
	for _, known := range append(accessNames(), "error", "refreshtoken", "idtoken") {
		if o.folded[known] != "" {
			return o
		}
	}
	return nil
}

// fold makes accessToken, access_token and access-token the same.
func fold(name string) string {
	if i := strings.IndexFunc(name, func(r rune) bool { return r == '_' || r == '-' || 'A' <= r && r <= 'Z' || r >= 0x80 }); i < 0 {
		return name
	}
	b := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_' || c == '-':
		case 'A' <= c && c <= 'Z':
			b = append(b, c+'a'-'A')
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// shownNames returns the first member names that may be shown: they are the server's, so only plain
// ones are.
func (o *object) shownNames() []string {
	var names []string
	for _, name := range o.names {
		if len(names) == 5 {
			return append(names, "…")
		}
		if len(name) <= 40 && name != "" && !slices.ContainsFunc([]byte(name), func(c byte) bool { return !isCodeChar(c) }) {
			names = append(names, name)
		}
	}
	return names
}
