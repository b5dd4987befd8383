package auth_test

import (
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
)

type params = map[string]string

var challengeCases = map[string][]auth.Challenge{
	``:                         nil,
	`, ,`:                      nil,
	`Bearer`:                   {{Scheme: "bearer"}},
	`bearer realm="x"`:         {{Scheme: "bearer", Params: params{"realm": "x"}}},
	`Bearer REALM=x`:           {{Scheme: "bearer", Params: params{"realm": "x"}}},
	`Bearer realm = "x" , e=y`: {{Scheme: "bearer", Params: params{"realm": "x", "e": "y"}}},
	`Bearer a="1",b=2`:         {{Scheme: "bearer", Params: params{"a": "1", "b": "2"}}},
	`Bearer a="q\"uo\\te, x"`:  {{Scheme: "bearer", Params: params{"a": `q"uo\te, x`}}},
	`Basic realm="a", Bearer error="invalid_token", Negotiate`: {
		{Scheme: "basic", Params: params{"realm": "a"}}, {Scheme: "bearer", Params: params{"error": "invalid_token"}}, {Scheme: "negotiate"},
	},
	`Negotiate abc==, Basic realm=b`: {{Scheme: "negotiate", Token: "abc=="}, {Scheme: "basic", Params: params{"realm": "b"}}},
	`Negotiate a/b+c`:                {{Scheme: "negotiate", Token: "a/b+c"}},
	`Bearer, , Basic`:                {{Scheme: "bearer"}, {Scheme: "basic"}},
	`Bearer a="unterminated`:         {{Scheme: "bearer"}},
	`Bearer a=1, a=2`:                {{Scheme: "bearer", Params: params{"a": "1"}}},
	`Bearer a=1 garbage b=2`:         {{Scheme: "bearer", Params: params{"a": "1"}}},
	`Digest abc==, realm="x"`:        {{Scheme: "digest", Token: "abc=="}},
	`Digest abc==, realm = "x"`:      {{Scheme: "digest", Token: "abc=="}},
	`realm="x"`:                      nil,
	`Basic realm="a", Basic realm="b"`: {
		{Scheme: "basic", Params: params{"realm": "a"}}, {Scheme: "basic", Params: params{"realm": "b"}},
	},
	`Basic realm="", charset="UTF-8"`:        {{Scheme: "basic", Params: params{"realm": "", "charset": "UTF-8"}}},
	`,,Bearer ,, realm="a" ,, error=x,,`:     {{Scheme: "bearer", Params: params{"realm": "a", "error": "x"}}},
	`Bearer realm="a, error=\"b\"", scope=s`: {{Scheme: "bearer", Params: params{"realm": `a, error="b"`, "scope": "s"}}},
	`Bearer unknown="x", other=y`:            {{Scheme: "bearer", Params: params{"unknown": "x", "other": "y"}}},
	"Bearer\trealm=\"tab\"":                  {{Scheme: "bearer", Params: params{"realm": "tab"}}},
	`Bearer realm=@x`:                        {{Scheme: "bearer"}},
	`Bearer realm="x"garbage, Basic`:         {{Scheme: "bearer", Params: params{"realm": "x"}}},
	`Bearer realm="ends with\`:               {{Scheme: "bearer"}},
	`@`:                                      nil,
	`Bearer @`:                               {{Scheme: "bearer"}},
	`"quoted"`:                               nil,
	`Bearer a=`:                              {{Scheme: "bearer", Token: "a="}},
}

// TestChallenges parses what RFC 9110 allows, and ends where it does not.
func TestChallenges(t *testing.T) {
	t.Parallel()
	for header, want := range challengeCases {
		if got := auth.Challenges(http.Header{"Www-Authenticate": {header}}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v\nwant %+v", header, got, want)
		}
	}
	two := auth.Challenges(http.Header{"Www-Authenticate": {"Basic", "Bearer x=y"}})
	if len(two) != 2 || two[1].Params["x"] != "y" {
		t.Errorf("two headers: %+v", two)
	}
}

// FuzzChallenges: any header ends, and every scheme found is a token of the header.
func FuzzChallenges(f *testing.F) {
	if len(challengeCases) < 10 {
		f.Fatal("the seeds are lost")
	}
	for header := range challengeCases {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		for _, c := range auth.Challenges(http.Header{"Www-Authenticate": {header}}) {
			if c.Scheme == "" || c.Token != "" && c.Params != nil {
				t.Errorf("%q: %+v", header, c)
			}
		}
	})
}

// TestChallenges_whole: whatever a server may write by the grammar of RFC 9110 is read as it was
// meant.
func TestChallenges_whole(t *testing.T) {
	t.Parallel()
	for n := range uint64(5000) {
		w := &writer{rand.New(rand.NewPCG(n, n))}
		var headers []string
		var want []auth.Challenge
		for range w.IntN(4) {
			var list []string
			for range 1 + w.IntN(3) {
				c, text := w.challenge()
				list, want = append(list, text), append(want, c)
			}
			headers = append(headers, strings.Join(list, w.one(",", ", ", " , ", ", ,")))
		}
		if got := auth.Challenges(http.Header{"Www-Authenticate": headers}); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %q\n got %+v\nwant %+v", n, headers, got, want)
		}
	}
}

// writer writes challenges at random.
type writer struct{ *rand.Rand }

func (w *writer) one(of ...string) string { return of[w.IntN(len(of))] }

func (w *writer) word(letters string, least int) string {
	b := make([]byte, least+w.IntN(8))
	for i := range b {
		b[i] = letters[w.IntN(len(letters))]
	}
	return string(b)
}

func (w *writer) challenge() (c auth.Challenge, text string) {
	const token = "abcxyz019!#$%&'*+-.^_`|~"
	c.Scheme = w.word(token, 1)
	if w.IntN(3) == 0 {
		c.Token = w.word("abcXYZ019-._~+/", 1) + w.one("", "=", "==")
		return c, c.Scheme + w.one(" ", "  ", "\t") + c.Token
	}
	var list []string
	for range w.IntN(4) {
		name, value := w.word(token, 1), w.word("aZ0 ,=\"\\\t~!", 0)
		if _, twice := c.Params[name]; twice {
			continue
		}
		if c.Params == nil {
			c.Params = make(params)
		}
		c.Params[name] = value
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
		list = append(list, name+w.one("=", " =", "= ")+quoted)
	}
	if len(list) == 0 {
		return c, c.Scheme
	}
	return c, c.Scheme + " " + strings.Join(list, w.one(",", ", ", " ,", ",,"))
}
