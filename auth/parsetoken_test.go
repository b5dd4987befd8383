package auth_test

import (
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
)

// seed is an answer of a token endpoint, and what is read from it.
type seed struct {
	contentType, date, body string
	access, refresh         string // "" for no token
	lifetime                time.Duration
}

// midnight is when the token of a seed was asked for.
func midnight() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// seeds are answers in every shape that servers have been seen to give.
func seeds() []seed {
	const minute, hour = time.Minute, time.Hour
	const date = "Thu, 01 Jan 2026 01:00:00 GMT" // of a server whose clock is an hour ahead
	const iat, exp = "1767225600", "1767226200"  // midnight, and ten minutes later
	tenMinutes := jwt(`{"iat":` + iat + `,"exp":` + exp + `}`)
	ahead := jwt(`{"exp":1767229260}`) // at 01:01
	return []seed{
		{"", "", `{"accessToken":"a","refreshToken":"r","expiresIn":60}`, "a", "r", minute},
		{"", "", `{"access_token":"a","refresh_token":"r","expires_in":"60","token_type":"bearer"}`, "a", "r", minute},
		{"", "", `{"Access-Token":"a"}`, "a", "", 0},
		{"", "", `{"token":"a","expires_in":60.5}`, "a", "", 60*time.Second + 500*time.Millisecond},
		{"", "", `{"jwt":"a","expiresIn":4000000000}`, "a", "", 0},
		{"", "", `{"token":"a","expiresIn":1e308}`, "a", "", 0},
		{"", "", `{"token":"a","expiresIn":"NaN"}`, "a", "", 0},
		{"", "", `{"token":"a","expiresIn":-1}`, "a", "", 0},
		{"", "", `{"token":"a","expiresIn":{}}`, "a", "", 0},
		{"", "", `{"token":"a","expiresAt":"2026-01-01T00:01:00Z"}`, "a", "", minute},
		{"", "", `{"token":"a","expires_at":1767225660}`, "a", "", minute},
		{"", "", `{"token":"a","expires":1767225660000}`, "a", "", minute},
		{"", "", `{"token":"a","expiresAt":"tomorrow"}`, "a", "", 0},
		{"", "", `{"token":"a","expiresAt":3600}`, "a", "", 0},
		{"", "", `{"token":"a","expiresAt":1e30}`, "a", "", 0},
		{"", date, `{"token":"a","expiresAt":"2026-01-01T01:01:00Z"}`, "a", "", minute},
		{"", date, `{"token":"a","expiresAt":"2026-01-01T00:59:00Z"}`, "a", "", 0},
		{"", "", `{"data":{"token":"a","refreshToken":"r"}}`, "a", "r", 0},
		{"", "", `{"session":{"access_token":"a"},"user":{"token":"not this"}}`, "a", "", 0},
		{"", "", `{"token":"a","data":{"name":"alice"}}`, "a", "", 0},
		{"", "", `{"data":[1],"tokens":{"accessToken":"a"}}`, "a", "", 0},
		{"", "", `{"token":"` + tenMinutes + `"}`, tenMinutes, "", 10 * minute},
		{"", date, `{"token":"` + ahead + `"}`, ahead, "", minute},
		{"", "", `{"token":"` + jwt(`{"exp":99999999999999}`) + `"}`, jwt(`{"exp":99999999999999}`), "", 0},
		{"", "", `{"token":"` + jwt(`{"iat":1,"exp":253402300798}`) + `"}`, jwt(`{"iat":1,"exp":253402300798}`), "", 0},
		{"", "", `{"token":"` + jwt(`{"exp":"`+exp+`","sub":7}`) + `"}`, jwt(`{"exp":"` + exp + `","sub":7}`), "", 10 * minute},
		{"", "", `{"token":"` + jwt(`[]`) + `"}`, jwt(`[]`), "", 0},
		{"", "", `{"token":"a.b.c"}`, "a.b.c", "", 0},
		{"application/json", "", `"a"`, "a", "", 0},
		{"application/json", "", ` "` + tenMinutes + `" `, tenMinutes, "", 10 * minute},
		{"text/plain; charset=utf-8", "", "a\n", "a", "", 0},
		{"application/jwt", "", "a", "a", "", 0},
		{"", "", "a", "a", "", 0},
		{"application/json", "", "a", "", "", 0},
		{"text/html", "", "a", "", "", 0},
		{"text/plain", "", "two words", "", "", 0},
		{"text/plain", "", "<html>", "", "", 0},
		{"", "", ``, "", "", 0},
		{"", "", `{`, "", "", 0},
		{"", "", `"a`, "", "", 0},
		{"", "", `{}`, "", "", 0},
		{"", "", `{"token":7}`, "", "", 0},
		{"", "", `{"token":"a b"}`, "", "", 0},
		{"", "", `{"token":"a\nb"}`, "", "", 0},
		{"", "", `{"data":{"name":"alice"}}`, "", "", 0},
	}
}

func (s seed) header() http.Header {
	h := http.Header{}
	if s.contentType != "" {
		h.Set("Content-Type", s.contentType)
	}
	if s.date != "" {
		h.Set("Date", s.date)
	}
	return h
}

// TestParseToken reads every seed as it is meant.
func TestParseToken(t *testing.T) {
	t.Parallel()
	for _, s := range seeds() {
		got, ok := auth.ParseTokenAt([]byte(s.body), s.header(), midnight())
		if ok != (s.access != "") || got.AccessToken != s.access || got.RefreshToken != s.refresh {
			t.Errorf("%q %s: got %v %q %q", s.contentType, s.body, ok, got.AccessToken, got.RefreshToken)
		}
		want := midnight().Add(s.lifetime)
		if s.lifetime == 0 {
			want = time.Time{}
		}
		if !got.Expiry.Equal(want) {
			t.Errorf("%q %s: expires %v, want %v", s.date, s.body, got.Expiry, want)
		}
	}
}

// FuzzParseToken: any answer is a token that a header can carry and that has not expired, or none.
func FuzzParseToken(f *testing.F) {
	if len(seeds()) < 10 {
		f.Fatal("the seeds are lost")
	}
	for _, s := range seeds() {
		f.Add([]byte(s.body), s.contentType, s.date)
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType, date string) {
		token, ok := auth.ParseTokenAt(body, seed{contentType: contentType, date: date}.header(), midnight())
		if !ok {
			if !reflect.DeepEqual(token, auth.Token{}) {
				t.Errorf("%q: a token in spite of the error", body)
			}
			return
		}
		if token.AccessToken == "" {
			t.Errorf("%q: no token", body)
		}
		for _, c := range []byte(token.AccessToken) {
			if c <= ' ' || c >= 0x7f {
				t.Errorf("%q: a header cannot carry %q", body, token.AccessToken)
			}
		}
		if at := token.Expiry; !at.IsZero() && at.Sub(midnight()) > 11*365*24*time.Hour {
			t.Errorf("%q: expires %v", body, at)
		}
	})
}
