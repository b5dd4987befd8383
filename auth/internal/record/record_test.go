package record_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/internal/record"
	"github.com/chatelaine-go/chatelaine/auth/internal/tokens"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

// full is a record with every member.
func full() *record.Record {
	return &record.Record{
		Account: "default", Session: "S", Generation: 7, Obtained: t0, Origin: "https://api.example.com",
		RetryAt: t0.Add(time.Minute), RetryAfter: time.Minute, Suspect: true,
		Token: tokens.Token{
			AccessToken: "access", RefreshToken: "refresh", TokenType: "DPoP", Expiry: t0.Add(time.Hour), Scope: "a b", IDToken: "id",
			Extra: map[string]any{"instance_url": "https://x.example", "n": 7.0}, ProofKey: []byte("key"),
		},
	}
}

func encode(t *testing.T, r *record.Record) string {
	t.Helper()
	data, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func decode(t *testing.T, data string) *record.Record {
	t.Helper()
	r, err := record.Decode([]byte(data), "default")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRecord_roundTrip: what is written is read back, whole, and written again as it was.
func TestRecord_roundTrip(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*record.Record{
		"full":      full(),
		"minimal":   {Account: "default", Session: "S", Generation: 1, Obtained: t0},
		"a new one": record.New("default", "https://api.example.com", full().Token, t0),
		"tombstone": full().Tombstone("logout"),
	} {
		data := encode(t, r)
		got := decode(t, data)
		if again := encode(t, got); again != data {
			t.Errorf("%s: written again it is\n%s, not\n%s", name, again, data)
		}
		if !reflect.DeepEqual(withoutUnknown(got), withoutUnknown(r)) {
			t.Errorf("%s: got %s of another value", name, nameOf(got))
		}
	}
	if r, err := record.Decode(nil, "default"); r != nil || err != nil {
		t.Errorf("empty: %v, %v", r, err)
	}
}

// withoutUnknown lists the exported fields of r.
func withoutUnknown(r *record.Record) []any {
	return []any{
		r.Account, r.Name(), r.Obtained, r.Origin, r.RetryAt, r.RetryAfter, r.Suspect, r.Ended,
		r.AccessToken, r.RefreshToken, r.TokenType, r.Expiry, r.Scope, r.IDToken, r.Extra, r.ProofKey,
	}
}

// meaning is withoutUnknown for values that may be written in several ways: a time in any zone, an
// empty Extra, a wait of no time, or one that is rounded to what JSON can hold.
func meaning(r *record.Record) []any {
	same := *r
	same.Obtained, same.Expiry, same.RetryAt, same.RetryAfter = r.Obtained.UTC(), r.Expiry.UTC(), time.Time{}, 0
	if len(r.Extra) == 0 {
		same.Extra = nil
	}
	return withoutUnknown(&same)
}

// nameOf names a record in a message.
func nameOf(r *record.Record) string { return fmt.Sprintf("%s/%d", r.Session, r.Generation) }

// TestRecord_golden: every released form is read, and a rewrite keeps every member that it has.
func TestRecord_golden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "record", "v1", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var before, after map[string]any
		if err := errors.Join(json.Unmarshal(data, &before), json.Unmarshal([]byte(encode(t, decode(t, string(data)))), &after)); err != nil {
			t.Fatal(err)
		}
		for name := range before {
			if _, kept := after[name]; !kept {
				t.Errorf("%s: the rewrite has lost %q", file, name)
			}
		}
	}
}

// TestRecord_unknown: members of a later version survive, also those that it gave another form.
func TestRecord_unknown(t *testing.T) {
	t.Parallel()
	r := decode(t, `{"version":1,"account":"default","session":"S","generation":1,"obtained":"2026-01-02T03:04:05Z",`+
		`"access_token":"a","later":[1,2],"scope":7,"id_token":{"x":1},"suspect":"yes"}`)
	data := encode(t, r.Rotate(tokens.Token{AccessToken: "b"}, t0))
	for _, want := range []string{`"later":[1,2]`, `"scope":7`, `"id_token":{"x":1}`, `"suspect":"yes"`, `"generation":2`, `"access_token":"b"`} {
		if !strings.Contains(data, want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
	if list := decode(t, strings.Replace(data, `"scope":7`, `"scope":["a","b"]`, 1)); list.Scope != "a b" {
		t.Errorf("the scope %q", list.Scope)
	}
	if stone := encode(t, r.Tombstone("logout")); strings.Contains(stone, "later") {
		t.Errorf("a tombstone keeps what may be a secret: %s", stone)
	}
}

// TestDecode_unreadable: each reason has its words, a next step, and quotes nothing that is stored.
func TestDecode_unreadable(t *testing.T) {
	t.Parallel()
	const rest = `"account":"default","session":"S","generation":1,"access_token":"secret"}`
	for data, want := range map[string]string{
		`{"version":1,`:           "it is damaged",
		`null`:                    "it is damaged",
		`[1]`:                     "it is damaged",
		"\x00secret":              "it is damaged",
		`{` + rest:                "it is damaged",
		`{"version":0,` + rest:    "it is damaged",
		`{"version":0.5,` + rest:  "it is damaged",
		`{"version":null,` + rest: "it is damaged",
		`{"version":true,` + rest: "it is damaged",
		`{"version":2,` + rest:    "a newer program wrote it (version 2)",
		`{"version":1.5,` + rest:  "a newer program wrote it (version 1.5)",
		`{"version":1,"account":"default","generation":1,"access_token":"secret"}`:                                       "it is damaged",
		`{"version":1,"account":"default","session":"S","access_token":"secret"}`:                                        "it is damaged",
		`{"version":1,"account":"default","session":"S","generation":-1,"access_token":"secret"}`:                        "it is damaged",
		`{"version":1,"account":"default","session":"S","generation":18446744073709551616}`:                              "it is damaged",
		`{"version":1,"account":"default","session":"S","generation":1,"access_token":["secret"]}`:                       "it is damaged",
		`{"version":1,"account":"default","session":"S","generation":1,"expiry":"secret"}`:                               "it is damaged",
		`{"version":1,"account":"other","session":"S","generation":1,"access_token":"secret"}`:                           "it belongs to another account",
		`{"version":1,"session":"S","generation":1,"access_token":"secret"}`:                                             "it belongs to another account",
		`{"version":9e99,"account":["may","be","anything"],"access_token":"secret"}`:                                     "a newer program wrote it",
		`{"version":1,"account":"default","session":"S","generation":1,"obtained":"33333-01-01T00:00:00Z","x":"secret"}`: "it is damaged",
	} {
		r, err := record.Decode([]byte(data), "default")
		if r != nil || !errors.Is(err, record.ErrUnreadable) || !strings.Contains(fmt.Sprint(err), want) ||
			!strings.Contains(fmt.Sprint(err), "log in again") || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%s: %v, %v, want %q", data, r, err, want)
		}
	}
}

// TestRecord_throttle: a wait is bounded by what the server asked for, whatever the clocks of
// writer and reader, and what is stored is believed up to an hour.
func TestRecord_throttle(t *testing.T) {
	t.Parallel()
	r := full().Throttle(time.Minute, t0)
	for after, want := range map[time.Duration]time.Duration{
		0: time.Minute, 20 * time.Second: 40 * time.Second, time.Minute: 0, time.Hour: 0,
		-time.Second: time.Minute, -time.Hour: time.Minute, // the reader's clock is behind
	} {
		if got := decode(t, encode(t, r)).Throttled(t0.Add(after)); got != want {
			t.Errorf("%v later: %v, want %v", after, got, want)
		}
	}
	if got := full().Rotate(tokens.Token{AccessToken: "b"}, t0).Throttled(t0); got != 0 {
		t.Errorf("a new token has to wait for %v", got)
	}
	for seconds, want := range map[string]time.Duration{
		"3600": time.Hour, "3601": time.Hour, "1e300": time.Hour, `"60"`: time.Minute, "0.5": 500 * time.Millisecond,
		"0": 0, "-1": 0, "null": 0, `"soon"`: 0, "{}": 0,
	} {
		got := decode(t, `{"version":1,"account":"default","session":"S","generation":1,"retry_at":"9000-01-01T00:00:00Z","retry_after":`+seconds+`}`)
		if got.Throttled(t0) != want {
			t.Errorf("%s: %v, want %v", seconds, got.Throttled(t0), want)
		}
	}
	if got := decode(t, `{"version":1,"account":"default","session":"S","generation":1,"retry_after":60}`).Throttled(t0); got != 0 {
		t.Errorf("a wait without its end: %v", got)
	}
}

// TestRecord_Rotate: what a response leaves out has not changed, what it says has, and what was
// known about the old token is forgotten. The record before stays as it was.
func TestRecord_Rotate(t *testing.T) {
	t.Parallel()
	old := full()
	next := old.Rotate(tokens.Token{AccessToken: "new"}, t0.Add(time.Second))
	want := full()
	want.AccessToken, want.Expiry, want.Generation, want.Obtained = "new", time.Time{}, 8, t0.Add(time.Second)
	want.RetryAt, want.RetryAfter, want.Suspect = time.Time{}, 0, false
	if !reflect.DeepEqual(next, want) {
		t.Errorf("kept %q %q %q %q, name %v", next.RefreshToken, next.TokenType, next.Scope, next.IDToken, next.Name())
	}
	all := tokens.Token{
		AccessToken: "a", RefreshToken: "r", TokenType: "Bearer", Expiry: t0.Add(time.Minute), Scope: "c", IDToken: "i",
		Extra: map[string]any{"x": 1.0}, ProofKey: []byte("k"),
	}
	if got := old.Rotate(all, t0).Token; !reflect.DeepEqual(got, all) {
		t.Error("what the response says does not count")
	}
	if !reflect.DeepEqual(old, full()) {
		t.Error("the record before was changed")
	}
	for expiry, keeps := range map[time.Time]bool{t0.Add(1): true, t0: false, t0.Add(-time.Hour): false} {
		if got := old.Rotate(tokens.Token{AccessToken: "a", Expiry: expiry}, t0).Expiry; got.IsZero() == keeps {
			t.Errorf("an expiry of %v from now: %v", expiry.Sub(t0), got)
		}
	}
}

// TestRecord_marks: Suspected, Tombstone and Live return new records, and the old one is unchanged.
func TestRecord_marks(t *testing.T) {
	t.Parallel()
	r := full()
	r.Suspect = false
	if !r.Suspected().Suspect || r.Suspect {
		t.Error("the mark is on the wrong one")
	}
	stone := r.Tombstone("invalid_grant")
	want := &record.Record{
		Account: "default", Session: "S", Generation: 7, Obtained: t0, Origin: "https://api.example.com", Ended: "invalid_grant",
	}
	if !reflect.DeepEqual(stone, want) {
		t.Errorf("more is left than the name: %v", nameOf(stone))
	}
	if r.Live() != r || stone.Live() != nil || (*record.Record)(nil).Live() != nil {
		t.Error("it is not clear who lives")
	}
	if a, b := record.New("x", "", tokens.Token{}, t0), record.New("x", "", tokens.Token{}, t0); a.Session == b.Session || a.Generation != 1 {
		t.Errorf("two logins are %v and %v", a.Name(), b.Name())
	}
}

// TestNormalizeTime: times that JSON cannot hold are zero, all others are UTC without the monotonic
// reading.
func TestNormalizeTime(t *testing.T) {
	t.Parallel()
	for _, zero := range []time.Time{
		{},
		time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC),
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Unix(math.MaxInt64>>8, 0),
		time.Date(1, 1, 1, 0, 0, 0, 0, time.FixedZone("east", 3600)), // the year before, in UTC
	} {
		if got := record.NormalizeTime(zero); !got.IsZero() {
			t.Errorf("%v is %v", zero, got)
		}
	}
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	if got := record.NormalizeTime(last.In(time.FixedZone("east", 3600))); got != last {
		t.Errorf("got %v", got)
	}
	now := time.Now()
	if got := record.NormalizeTime(now); !got.Equal(now) || got.String() != now.Round(0).UTC().String() {
		t.Errorf("got %v of %v", got, now)
	}
}

// TestRecord_printsNothing: no verb shows a secret.
func TestRecord_printsNothing(t *testing.T) {
	t.Parallel()
	r := full()
	r.AccessToken, r.RefreshToken, r.IDToken, r.ProofKey = "secret", "secret", "secret", []byte("secret")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{r, *r, r.Token, []*record.Record{r}} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "secret") || strings.Contains(text, "736563726574") {
				t.Errorf("%s: %s", verb, text)
			}
		}
	}
}

// FuzzDecode: no value makes Decode panic, and what it reads is written and read again as it was.
func FuzzDecode(f *testing.F) {
	for _, r := range []*record.Record{full(), full().Tombstone("logout")} {
		data, err := r.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"version":1,"account":"default","session":"S","generation":1,"retry_after":"1e9","retry_at":7}`))
	f.Add([]byte(`{"version":1,"account":"default","session":"S","generation":1,"extra":{},"expiry":"2026-01-02T03:04:05+00:00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := record.Decode(data, "default")
		if err != nil || r == nil {
			if r != nil || err != nil && !errors.Is(err, record.ErrUnreadable) {
				t.Errorf("%v, %v", r, err)
			}
			return
		}
		first, err := r.Encode()
		if err != nil {
			return // a time that JSON cannot hold
		}
		second, err := record.Decode(first, "default")
		if err != nil || !reflect.DeepEqual(meaning(second), meaning(r)) ||
			(second.RetryAfter-r.RetryAfter).Abs() > time.Microsecond {
			t.Errorf("%q is read as another record than %q: %v", first, data, err)
		}
	})
}
