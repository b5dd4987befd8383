package redact_test

import (
	"flag"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// units are what hostile texts repeat.
var units = []string{
	"{}", "[]", "[] ", "[", "{", "error=", "title=", `"error=`, `{"error":"`, `{"error":`, `{"a":`, `["a",`, `["`, `[" `, `["a`,
	`"`, `\"`, `"\\\"`, `"\"`, `"a":`, `"a":"`, `'a':'`, `\"a\":\"`, "a", "a:/", "a://b ", "a://", "://", "a://b)", "a://[", "a=b&",
	"a=", "a/", "1/", "a1", "a1:", "token ", "token: ", "token token=", "password:", "password: '", `password:"`, "bearer ", "bearer\t",
	"cookie:", "cookie: \n", "authorization ", "a-", "-", ".", ":", "::", "@", "%", "é", "\xff", "\x00", " ", "\n", "eyJ", "sk-", "AKIA1/",
	"2026-01-02T15:04:05Z/", "1234567890123456/", `{"error":"x"}`, `{"error":[1,`, `{"title":"a=b"},`, `"{\"a\":1}"`, `"\u0041`, `\\`,
	"http://h/?q=a&", "http://h/a1b2c3d4e5f6g7h8/", "a;", "a,b=c;", "Digest a=b,", "Bearer x,", "a a1 a2,", "a = b, ", "a ==,",
}

// frames put the repetition where it hurts.
var frames = []struct{ before, after string }{
	{"", ""},
	{`{"error":"`, `"}`},
	{`{"error":"`, `a`},
	{`"`, `"`},
	{`"\"`, `"`},
	{"error=", ""},
	{`{"a":[`, "]}"},
	{"http://h/?", ""},
	{"http://h/", ""},
	{"cookie: ", ""},
}

// TestGrowth: a text twice as long takes no more than thrice the steps, and none takes many for
// each byte.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for _, f := range frames {
		for _, u := range units {
			checkGrowth(t, f.before, u, f.after)
		}
	}
}

func checkGrowth(t *testing.T, before, unit, after string) {
	t.Helper()
	const (
		length  = 4 << 10
		perByte = 150
	)
	hostile := func(n int) string { return before + strings.Repeat(unit, n/len(unit)) + after }
	one, two := redact.Steps(hostile(length)), redact.Steps(hostile(2*length))
	if two > 3*one+1000 || two > perByte*2*length {
		t.Errorf("%q × %q × %q: %d steps, %d for twice the length", before, unit, after, one, two)
	}
}

// FuzzGrowth looks for texts that take more than their share. It counts steps, and when fuzzing
// also the time of the processor, which sees what is not counted.
func FuzzGrowth(f *testing.F) {
	if len(units) < 10 {
		f.Fatal("the seeds are lost")
	}
	for i, u := range units {
		f.Add("", u, "", uint8(i))
	}
	names := slices.Sorted(maps.Keys(ways()))
	f.Fuzz(func(t *testing.T, before, unit, after string, way uint8) {
		if unit == "" || len(before)+len(unit)+len(after) > 256 {
			return
		}
		checkGrowth(t, before, unit, after)
		name := names[int(way)%len(names)]
		show := ways()[name]
		hostile := func(n int) string { return before + strings.Repeat(unit, n/len(unit)) + after }
		if !fuzzing() || measure(1, show, hostile(8<<10)) < 8*measure(1, show, hostile(2<<10)) {
			return
		}
		one, two, four := measure(5, show, hostile(16<<10)), measure(5, show, hostile(32<<10)), measure(5, show, hostile(64<<10))
		if two > 3*one && four > 3*two && four > 20*time.Millisecond {
			t.Errorf("%s: %q × %q × %q: %v, %v, %v for each twice the length", name, before, unit, after, one, two, four)
		}
	})
}

// ways are all that looks into what a server sends.
func ways() map[string]func(string) {
	r := new(redact.Redactor)
	header := func(name string) func(string) { return func(s string) { r.HeaderValue(name, s) } }
	body := func(media string) func(string) { return func(s string) { r.Body(media, []byte(s)) } }
	return map[string]func(string){
		"text": func(s string) { r.Text(s) }, "url": func(s string) { r.URLString(s) }, "query": func(s string) { r.Query(s) },
		"name": func(s string) { r.Name(s) }, "json": body("application/json"), "form": body("application/x-www-form-urlencoded"),
		"media type": body(""), "type": func(s string) { r.Body(s, []byte("x")) },
		"challenge": header("WWW-Authenticate"), "cookie": header("Cookie"), "set-cookie": header("Set-Cookie"),
		"location": header("Location"), "credentials": header("Authorization"), "content-type": header("Content-Type"),
		"id": header("X-Request-Id"), "via": header("Via"),
		"known": func(s string) { r.Text(s, s[:len(s)/4], s[:len(s)/8], s[len(s)/2:len(s)/2+len(s)/8]) },
		"secrets": func(s string) {
			r.Secrets(&url.URL{Path: s, RawQuery: s}, map[string][]string{"Cookie": {s}, "Location": {s}, "Authorization": {s}})
		},
	}
}

// measure returns the time of the fastest of some runs.
func measure(runs int, show func(string), s string) time.Duration {
	best := time.Hour
	for range runs {
		start := cpuTime()
		show(s)
		best = min(best, cpuTime()-start)
	}
	return best
}

func fuzzing() bool {
	f := flag.Lookup("test.fuzz")
	return f != nil && f.Value.String() != ""
}

// BenchmarkHostile is the time for 64 KiB of the worst texts that are known.
func BenchmarkHostile(b *testing.B) {
	for name, show := range ways() {
		worst, frame, unit := time.Duration(0), frames[0], ""
		for _, f := range frames {
			for _, u := range units {
				if d := measure(1, show, f.before+strings.Repeat(u, 8<<10/len(u))+f.after); d > worst {
					worst, frame, unit = d, f, u
				}
			}
		}
		b.Run("of="+name, func(b *testing.B) {
			s := frame.before + strings.Repeat(unit, 64<<10/len(unit)-16) + frame.after
			b.Logf("%q × %q × %q", frame.before, unit, frame.after)
			start := cpuTime()
			for b.Loop() {
				show(s)
			}
			b.ReportMetric(float64((cpuTime()-start).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}
