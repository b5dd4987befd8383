package auth_test

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

func encode(s string) string { return auth.Encode64(s) }

func itoa(n int64) string { return auth.Itoa(n) }

func refresherOf(t *testing.T, r auth.OAuth2Refresher) auth.Refresher {
	t.Helper()
	b, err := auth.Bind(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

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
	`"quoted"`:                       nil,
	`Bearer a=`:                      {{Scheme: "bearer", Token: "a="}},
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

// FuzzParseToken: any answer is a token that a header can carry, or none.
func FuzzParseToken(f *testing.F) {
	for _, seed := range []string{
		`{"accessToken":"a","refreshToken":"r","expiresIn":60}`, `"a"`, `a`, ``, `{`, `{"data":{"token":"a"}}`, `{"token":"a","expiresAt":"2026-01-02T15:04:05Z"}`,
		`{"token":"a","expiresIn":1e308}`, `{"token":"a","expiresIn":"NaN"}`, `{"jwt":"` + jwt(`{"exp":99999999999999}`) + `"}`, `<html>`,
	} {
		f.Add([]byte(seed), "text/plain")
		f.Add([]byte(seed), "application/json")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		token, ok := auth.ParseToken(body, contentType, now)
		if !ok {
			if token != (auth.Token{}) {
				t.Errorf("%q: a token in spite of the error", body)
			}
			return
		}
		for _, c := range []byte(token.AccessToken) {
			if c <= ' ' || c >= 0x7f {
				t.Errorf("%q: a header cannot carry %q", body, token.AccessToken)
			}
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "0": 0, "-1": 0, "soon": 0, "99999999": time.Hour, "99999999999999999999": time.Hour,
		"Thu, 01 Jan 2026 01:00:30 GMT": 30 * time.Second, // by the server's clock, an hour ahead
		"Thu, 01 Jan 2026 00:00:00 GMT": 0,
	} {
		if got := auth.RetryAfter(value, date); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestPredicates(t *testing.T) {
	t.Parallel()
	scope := http.Header{"Www-Authenticate": {`Bearer error="insufficient_scope"`}}
	tutorial := auth.StatusWithMessage(http.StatusUnauthorized, "Invalid JWT")
	for _, test := range []struct {
		name      string
		predicate func(*interceptor.Response) bool
		status    int
		header    http.Header
		body      string
		want      bool
	}{
		{"default", auth.Unauthorized, 401, nil, "", true},
		{"default", auth.Unauthorized, 403, nil, "", false},
		{"default", auth.Unauthorized, 401, scope, "", false},
		{"StatusIn", auth.StatusIn(401, 403), 403, nil, "", true},
		{"StatusIn", auth.StatusIn(401, 403), 403, scope, "", false},
		{"StatusIn", auth.StatusIn(403), 401, nil, "", false},
		{"StatusWithMessage", tutorial, 401, nil, `{"message":"Invalid JWT"}`, true},
		{"StatusWithMessage", tutorial, 401, nil, `{"message":"other"}`, false},
		{"StatusWithMessage", tutorial, 403, nil, `{"message":"Invalid JWT"}`, false},
	} {
		r := interceptor.NewResponse(nil, test.status, test.header, []byte(test.body))
		if got := test.predicate(r); got != test.want {
			t.Errorf("%s of %d %v %s: %v", test.name, test.status, test.header, test.body, got)
		}
	}
}
