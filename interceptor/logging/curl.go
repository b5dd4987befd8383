package logging

import (
	"cmp"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
	"github.com/chatelaine-go/chatelaine/internal/challenge"
	"github.com/chatelaine-go/chatelaine/internal/escape"
)

// Curl renders a request as a command line for curl, for a Unix shell. Everything that r does not
// show is masked, so the command shows what was sent and does not work without credentials of your
// own. A nil r shows what the zero redact.Config does. Nothing in the request can become an option
// of curl or a command of the shell.
//
// A body is shown if it is JSON or a form of up to 64 KiB that GetBody returns; any other body is
// the file "body". The request's own body is not touched.
func Curl(r *redact.Redactor, req *http.Request) string {
	const limit = 64 << 10
	if req.Body == nil || req.Body == http.NoBody {
		return curl(r, req, nil, true)
	}
	if req.GetBody == nil {
		return curl(r, req, nil, false)
	}
	body, err := req.GetBody()
	if err != nil {
		return curl(r, req, nil, false)
	}
	defer func() { _ = body.Close() }()
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	return curl(r, req, data, err == nil && len(data) <= limit)
}

// curl renders a request of which the body is known, or a part of it.
func curl(r *redact.Redactor, req *http.Request, body []byte, whole bool) string {
	url := r.URL(req.URL)
	words := []string{"curl"}
	if strings.ContainsAny(url, "[]{}") {
		words = append(words, "--globoff")
	}
	data := curlData(r, req.Header, body, whole)
	words = append(words, curlMethod(req.Method, data)...)
	words = append(words, "--url", quote(url)) // the only way in which no URL can be an option
	if req.Host != "" && req.URL != nil && req.Host != req.URL.Host {
		words = append(words, "-H", quote("Host: "+req.Host))
	}
	words = append(words, curlHeaders(r.Header(req.Header))...)
	if data != nil && len(req.Header["Content-Type"]) == 0 {
		words = append(words, "-H", quote("Content-Type:")) // or curl says that it is a form
	}
	return strings.Join(append(words, data...), " ")
}

// curlMethod names the method, where curl would not choose it by itself.
func curlMethod(method string, data []string) []string {
	method = cmp.Or(method, http.MethodGet)
	switch {
	case method == http.MethodHead && data == nil:
		return []string{"--head"}
	case method == http.MethodGet && data == nil, method == http.MethodPost && data != nil:
		return nil
	default:
		if !challenge.IsToken(method) {
			method = redact.Mask
		}
		return []string{"-X", quote(method)}
	}
}

func curlHeaders(h http.Header) []string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if name == "Content-Length" || !challenge.IsToken(name) {
			continue // curl's own business; or "@file", which makes it read one
		}
		for _, value := range h[name] {
			header := name + ": " + value
			if value == "" {
				header = name + ";" // how curl spells a header without a value
			}
			words = append(words, "-H", quote(header))
		}
	}
	return words
}

func curlData(r *redact.Redactor, h http.Header, body []byte, whole bool) []string {
	switch {
	case len(body) == 0 && whole:
		return nil
	case whole && showable(h):
		return []string{"--data-raw", quote(r.Body(h.Get("Content-Type"), body))}
	default:
		return []string{"--data-binary", "@body"}
	}
}

// quote makes one word of s for the shell.
func quote(s string) string {
	s = strings.Map(func(c rune) rune {
		if c != '\n' && c != '\t' && escape.IsControl(c) {
			return '\uFFFD' // nothing that controls a terminal
		}
		return c
	}, s)
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
