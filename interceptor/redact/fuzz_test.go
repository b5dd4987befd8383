package redact_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// FuzzText: a token in any text is not in what is shown of it, and what is shown is not redacted
// any further.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"%", "token %", `{"a":"%"`, `"{\"a\":\"%\"}"`, "https://h/%?%=%#%", "a=%&%", "Bearer %", "(%)", "{%}", "[%", "x: % y",
		`\"%\"`, "'%'", "%%", "a%b", "\x00%\xff", "http://[%", `{"%":{"%":["%"]}} %`, "%=", "://%", `"\%"`, "é%é", "-%-", "/%/", "%00://0",
	} {
		f.Add(s)
		if got := (*redact.Redactor)(nil).Text(strings.ReplaceAll(s, "%", opaque)); !strings.Contains(got, redact.Mask) {
			f.Errorf("%q holds a token and is shown as %q", s, got)
		}
	}
	inHost := regexp.MustCompile(`://[^/?#\s]*%`) // which is shown, secret or not
	f.Fuzz(func(t *testing.T, template string) {
		if inHost.MatchString(template) {
			return
		}
		var r *redact.Redactor
		for _, token := range []string{jwt, opaque, hexa, github} {
			got := r.Text(strings.ReplaceAll(template, "%", token))
			if strings.Contains(got, token) {
				t.Errorf("%q shows %s: %q", template, token, got)
			}
		}
	})
}

// FuzzJSON: what comes of JSON is JSON, and holds no value but those of listed names; what comes of
// its beginning is the beginning of that.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":"x","b":[1,{"error":"y","c":-1.5e3}],"d":{"e":{}}}`, `"x"`, `17`, `[[],[{}],""]`, `{"status":503,"type":["a"]}`,
		"{\"a\":\"\\\"\\u00e9\"}\n{\"b\":2}", `{"":""}`, `null true false`,
	} {
		f.Add(s, uint(len(s)/2))
		if got := (*redact.Redactor)(nil).JSON([]byte(s)); strings.HasSuffix(string(got), "…") {
			f.Errorf("%q is JSON and is shown as %q", s, got)
		}
	}
	f.Fuzz(func(t *testing.T, text string, cut uint) {
		var r *redact.Redactor
		got := string(r.JSON([]byte(text)))
		var v any
		if json.Valid([]byte(text)) {
			if err := json.Unmarshal([]byte(got), &v); err != nil {
				t.Fatalf("%q is JSON, %q is not", text, got)
			}
		}
		checkMasked(t, "", v)
		cut = min(cut, uint(len(text)))
		if cut > 0 && strings.IndexByte("0123456789eE.+-", text[cut-1]) >= 0 {
			return // a number that is shown may be shown in part
		}
		if part := strings.TrimSuffix(string(r.JSON([]byte(text[:cut]))), "…"); !strings.HasPrefix(got, part) {
			t.Errorf("%q cut after %d gives %q, the whole gives %q", text, cut, part, got)
		}
	})
}

func checkMasked(t *testing.T, name string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			checkMasked(t, k, e)
		}
	case []any:
		for _, e := range v {
			checkMasked(t, name, e)
		}
	case string:
		if v != redact.Mask && v != "" && (*redact.Redactor)(nil).FieldValue(name, v) != v {
			t.Errorf("%q is %q", name, v)
		}
	case float64:
		if (*redact.Redactor)(nil).FieldValue(name, "1") != "1" {
			t.Errorf("%q is %v", name, v)
		}
	}
}

// FuzzURL: no user information, no value and no token is shown, and the result is a URL of the same
// server.
func FuzzURL(f *testing.F) {
	for _, s := range []string{"https://%@h/", "https://h/%?%#%", "?%=1", "?a=%", "/%", "%", "mailto:%", "//h/%;%", "https://u:%@h", "?a;%"} {
		f.Add(s)
		if got := (*redact.Redactor)(nil).URLString(strings.ReplaceAll(s, "%", opaque)); !strings.Contains(got, redact.Mask) {
			f.Errorf("%q holds a token and is shown as %q", s, got)
		}
	}
	f.Fuzz(func(t *testing.T, template string) {
		var r *redact.Redactor
		u, err := url.Parse(strings.ReplaceAll(template, "%", opaque))
		if err != nil || strings.Contains(u.Host, opaque) || strings.Contains(u.Scheme, strings.ToLower(opaque)) {
			return
		}
		got := r.URL(u)
		if strings.Contains(got, opaque) {
			t.Errorf("%q: %s", template, got)
		}
		if back, err := url.Parse(got); err == nil && u.Opaque == "" && back.Host != u.Host {
			t.Errorf("%q: host %q became %q", template, u.Host, back.Host)
		}
	})
}
