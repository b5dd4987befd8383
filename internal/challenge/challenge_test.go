package challenge_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/internal/challenge"
)

// TestParse shows what is read and where reading ends. Package auth's tests cover the grammar as a
// whole.
func TestParse(t *testing.T) {
	t.Parallel()
	type C = challenge.Challenge
	for value, want := range map[string]struct {
		list []C
		rest string
	}{
		``:                                 {},
		`, ,`:                              {},
		`Bearer`:                           {list: []C{{Scheme: "Bearer"}}},
		`Negotiate oYG3MIG0oAMKAQ+BiTCB==`: {list: []C{{Scheme: "Negotiate", Token: "oYG3MIG0oAMKAQ+BiTCB=="}}},
		`NTLM TlRMTVNTUAAC`:                {list: []C{{Scheme: "NTLM", Token: "TlRMTVNTUAAC"}}},
		`Bearer eyJhbGciOiJ9.eyJzdWIi.dozj-_`: {list: []C{
			{Scheme: "Bearer", Token: "eyJhbGciOiJ9.eyJzdWIi.dozj-_"},
		}},
		`Digest realm = "a, b" , nonce="n", Realm=c`: {list: []C{
			{Scheme: "Digest", Params: []challenge.Param{{"realm", "a, b"}, {"nonce", "n"}, {"Realm", "c"}}},
		}},
		`Bearer realm="x" token rt_0123`: {
			list: []C{{Scheme: "Bearer", Params: []challenge.Param{{"realm", "x"}}}}, rest: "token rt_0123",
		},
		`Bearer realm="x", error="unterminated`: {
			list: []C{{Scheme: "Bearer", Params: []challenge.Param{{"realm", "x"}}}}, rest: `error="unterminated`,
		},
		`realm="x"`: {rest: `realm="x"`},
		`@secret`:   {rest: `@secret`},
		`Bearer @x`: {list: []C{{Scheme: "Bearer"}}, rest: `@x`},
	} {
		list, rest := challenge.Parse(value)
		if !reflect.DeepEqual(list, want.list) || rest != want.rest {
			t.Errorf("%s\n got %+v, rest %q\nwant %+v, rest %q", value, list, rest, want.list, want.rest)
		}
	}
	all := challenge.ParseAll([]string{"Basic @", `Bearer ERROR=a, error=b`})
	if len(all) != 2 || !all[1].Is("bearer") || all[1].Get("error") != "a" || all[0].Get("error") != "" {
		t.Errorf("got %+v", all)
	}
}

// TestZeroValue is a challenge without anything.
func TestZeroValue(t *testing.T) {
	t.Parallel()
	var c challenge.Challenge
	if c.Is("bearer") || c.Get("realm") != "" || challenge.IsToken("") || challenge.ParseAll(nil) != nil {
		t.Errorf("got %+v", c)
	}
}

// FuzzParse: parsing ends, the rest is the end of the value, and the schemes are tokens of it.
func FuzzParse(f *testing.F) {
	seeds := []string{
		`Basic realm="a", Bearer error="invalid_token", Negotiate`, `Negotiate abc==, Basic realm=b`, `a=b=c`, `Bearer a="\`,
		strings.Repeat("a ", 100), strings.Repeat(`a="b",`, 100), strings.Repeat("a=,", 100), `Bearer realm="x" token rt`,
	}
	found := 0
	for _, s := range seeds {
		f.Add(s)
		list, _ := challenge.Parse(s)
		found += len(list)
	}
	if found != 8 {
		f.Errorf("the seeds hold %d challenges", found)
	}
	f.Fuzz(func(t *testing.T, value string) {
		list, rest := challenge.Parse(value)
		if !strings.HasSuffix(value, rest) {
			t.Errorf("%q: the rest %q is not its end", value, rest)
		}
		for _, c := range list {
			if !challenge.IsToken(c.Scheme) || !strings.Contains(value, c.Scheme) || c.Token != "" && c.Params != nil {
				t.Errorf("%q: %+v", value, c)
			}
			for _, p := range c.Params {
				if !challenge.IsToken(p.Name) || utf8.ValidString(value) && !utf8.ValidString(p.Value) {
					t.Errorf("%q: %+v", value, p)
				}
			}
		}
	})
}
