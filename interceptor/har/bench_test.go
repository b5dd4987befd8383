package har_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// BenchmarkRecorder is a POST of a small JSON object, answered by another one, through a transport in memory.
func BenchmarkRecorder(b *testing.B) {
	const object = `{"id":"1f0c","type":"message","text":"hello"}`
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, req.Body)
		return &http.Response{
			StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", Request: req, Body: io.NopCloser(strings.NewReader(object)),
			Header: http.Header{"Content-Type": {"application/json"}},
		}, err
	})
	for name, c := range map[string]*chain.Chain{
		"none":     chain.New(interceptor.Base{}),
		"recorder": chain.New(newRecorder(b, har.Config{})),
		"nobodies": chain.New(newRecorder(b, har.Config{MaxBody: -1})),
	} {
		b.Run("interceptor="+name, func(b *testing.B) {
			b.ReportAllocs()
			t := c.Transport(base)
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://a/messages", strings.NewReader(object))
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Authorization", "Bearer token")
				resp, err := t.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					b.Fatal(err)
				}
				if err := resp.Body.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
