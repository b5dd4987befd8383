package login

import (
	"net/url"
	"strings"
	"testing"
)

func requestOf(p Provider) *authRequest {
	return &authRequest{client: &Client{Provider: p, ID: "app"}, redirect: "http://127.0.0.1/cb", state: "the-state", verifier: "v"}
}

// Every rule for a response, as a table.
func TestAuthRequest_code(t *testing.T) {
	t.Parallel()
	plain, strict := Provider{}, Provider{Issuer: "https://id.test", SendsIssuer: true}
	for _, c := range []struct {
		provider      Provider
		query         string
		bare          bool
		code, problem string
	}{
		{plain, "code=c&state=the-state", false, "c", ""},
		{plain, "code=c&state=the-state&iss=https://other.test", false, "c", ""}, // nothing to compare with
		{strict, "code=c&state=the-state&iss=https://id.test", false, "c", ""},
		{strict, "code=c", true, "c", ""},
		{plain, "code=c&state=other", false, "", "another login"},
		{plain, "code=c", false, "", "another login"},
		{plain, "code=c&state=the-state&state=the-state", false, "", "state twice"},
		{plain, "code=c&code=d&state=the-state", false, "", "code twice"},
		{strict, "code=c&state=the-state", false, "", "no iss"},
		{strict, "code=c&state=the-state&iss=https://id.test/", false, "", "not from"},
		{strict, "error=access_denied&state=the-state&iss=https://evil.test", false, "", "not from"},
		{strict, "error=access_denied&state=the-state&iss=https://id.test", false, "", "access_denied"},
		{plain, "error=server_error&error_description=x%1bthe-state&state=the-state", false, "", `x\x1bREDACTED`},
		{plain, "state=the-state", false, "", "no code"},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		code, err := requestOf(c.provider).code(&response{query: q, bare: c.bare})
		if code != c.code || (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: code %q, error %v, want %q, %q", c.query, code, err, c.code, c.problem)
		}
	}
}

// FuzzAuthRequest_parsePasted: whatever is pasted, a response with a state has the right one, and a
// bare code has no space.
func FuzzAuthRequest_parsePasted(f *testing.F) {
	seeds := map[string]string{ // text: code
		"http://127.0.0.1:5/cb?code=c&state=the-state":    "c",
		" http://127.0.0.1:5/cb?code=c&state=the-state#x": "c",
		"code=c&state=the-state":                          "c",
		"bare-code":                                       "bare-code",
		"?error=access_denied&state=the-state":            "",
		"http://127.0.0.1:5/cb?code=c&state=other":        "-",
		"http://127.0.0.1:5/cb":                           "-",
		"two words":                                       "-",
		"":                                                "-",
		"?%zz":                                            "-",
	}
	for text, want := range seeds {
		r, err := requestOf(Provider{}).parsePasted(text)
		if (err != nil) != (want == "-") || err == nil && r.query.Get("code") != want {
			f.Errorf("%q: %v, %v", text, r, err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		request := requestOf(Provider{})
		r, err := request.parsePasted(text)
		switch {
		case err != nil:
			if r != nil {
				t.Error("a response and an error")
			}
		case r.bare:
			if code := r.query.Get("code"); code == "" || strings.ContainsAny(code, " \n\t") {
				t.Errorf("code %q", code)
			}
		case !request.ours(r.query):
			t.Errorf("a response of another login from %q", text)
		}
	})
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`5`: "5s", `"7"`: "7s", `2.5`: "2.5s", `1e300`: "1h0m0s", `-1`: "1m0s", `0`: "1m0s", `"x"`: "1m0s", `null`: "1m0s", `NaN`: "1m0s", `{}`: "1m0s",
	} {
		var s seconds
		if err := s.UnmarshalJSON([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := s.or(60e9, 3600e9).String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
