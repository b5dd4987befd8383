package redact_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func BenchmarkRedact(b *testing.B) {
	var r *redact.Redactor
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	u, err := url.Parse("https://api.example.com/v1/users/42?page=2&key=4711")
	if err != nil {
		b.Fatal(err)
	}
	run("of=url", func() { r.URL(u) })
	h := http.Header{
		"Accept": {"application/json"}, "Authorization": {"Bearer " + jwt}, "Cookie": {"a=b; c=d"},
		"User-Agent": {"tool/1.0"}, "X-Request-Id": {guid},
	}
	run("of=header/values=5", func() { r.Header(h) })
	for _, n := range []int{1, 100} {
		body := []byte("[" + strings.Repeat(`{"id":7,"name":"Ada","admin":false},`, n) + "0]")
		run("of=json/objects="+strconv.Itoa(n), func() { r.JSON(body) })
	}
	run("of=text/kind=error", func() { r.Text("dial tcp 127.0.0.1:54321->10.0.0.1:443: connect: connection refused") })
	run("of=text/kind=url", func() { r.Text(`Get "https://api.example.com/?key=4711": EOF`) })
	hostile := strings.Repeat("[", 64<<10)
	run("of=text/kind=hostile", func() { r.Text(hostile) })
}
