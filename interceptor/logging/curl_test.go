package logging_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func TestCurl(t *testing.T) {
	t.Parallel()
	r, err := redact.New(redact.Config{Headers: []string{"X-Note"}, Fields: []string{"note"}, Query: []string{"q"}})
	if err != nil {
		t.Fatal(err)
	}
	header := func(pairs ...string) http.Header {
		h := make(http.Header)
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	js := "application/json"
	for _, c := range []struct {
		name   string
		method string
		url    string
		header http.Header
		body   string
		edit   func(*http.Request)
		want   string
	}{
		{name: "GET", url: "https://a.example/?q=1&key=s", want: `curl --url 'https://a.example/?q=1&key=REDACTED'`},
		{name: "no method", edit: func(r *http.Request) { r.Method = "" }, want: `curl --url 'https://a.example/'`},
		{name: "HEAD", method: "HEAD", want: `curl --head --url 'https://a.example/'`},
		{name: "DELETE", method: "DELETE", want: `curl -X 'DELETE' --url 'https://a.example/'`},
		{name: "POST without a body", method: "POST", want: `curl -X 'POST' --url 'https://a.example/'`},
		{name: "JSON", method: "POST", header: header("Content-Type", js), body: `{"note":"it's","pin":1}`, want: `curl --url 'https://a.example/' -H 'Content-Type: application/json' --data-raw '{"note":"it'\''s","pin":"REDACTED"}'`},
		{name: "PUT", method: "PUT", header: header("Content-Type", js), body: `1`, want: `curl -X 'PUT' --url 'https://a.example/' -H 'Content-Type: application/json' --data-raw '"REDACTED"'`},
		{name: "form", method: "POST", header: header("Content-Type", "application/x-www-form-urlencoded"), body: `note=a&pin=1`, want: `curl --url 'https://a.example/' -H 'Content-Type: application/x-www-form-urlencoded' --data-raw 'note=a&pin=REDACTED'`},
		{name: "other body", method: "POST", header: header("Content-Type", "image/png"), body: "png", want: `curl --url 'https://a.example/' -H 'Content-Type: image/png' --data-binary @body`},
		{name: "compressed", method: "POST", header: header("Content-Type", js, "Content-Encoding", "gzip"), body: "zip", want: `curl --url 'https://a.example/' -H 'Content-Encoding: gzip' -H 'Content-Type: application/json' --data-binary @body`},
		{name: "body of no type", method: "POST", body: "x", want: `curl --url 'https://a.example/' -H 'Content-Type:' --data-binary @body`},
		{name: "body that cannot be had", method: "POST", header: header("Content-Type", js), body: "1", edit: func(r *http.Request) { r.GetBody = nil }, want: `curl --url 'https://a.example/' -H 'Content-Type: application/json' --data-binary @body`},
		{name: "body that fails", method: "POST", header: header("Content-Type", js), body: "1", edit: func(r *http.Request) {
			r.GetBody = func() (io.ReadCloser, error) { return nil, errors.New("gone") }
		}, want: `curl --url 'https://a.example/' -H 'Content-Type: application/json' --data-binary @body`},
		{name: "body too large", method: "POST", header: header("Content-Type", js), body: strings.Repeat("1", 64<<10+1), want: `curl --url 'https://a.example/' -H 'Content-Type: application/json' --data-binary @body`},
		{name: "headers", header: header("Authorization", "Bearer s", "Accept", "a/b", "Accept", "c/d", "Cookie", "a=b", "X-Note", "$HOME `id` \"x\"", "X-Empty", "", "Content-Length", "3"), want: `curl --url 'https://a.example/' -H 'Accept: a/b' -H 'Accept: c/d' -H 'Authorization: Bearer REDACTED' -H 'Cookie: a=REDACTED' -H 'X-Empty;' -H 'X-Note: $HOME ` + "`id`" + ` "x"'`},
		{name: "host", edit: func(r *http.Request) { r.Host = "b.example" }, want: `curl --url 'https://a.example/' -H 'Host: b.example'`},
		{name: "brackets", url: "https://[::1]/", want: `curl --globoff --url 'https://[::1]/'`},
		{name: "escape sequences", header: header("X-Note", "a\x1b[2Jb\tc"), want: "curl --url 'https://a.example/' -H 'X-Note: a\uFFFD[2Jb\tc'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.url == "" {
				c.url = "https://a.example/"
			}
			if c.method == "" {
				c.method = http.MethodGet
			}
			var body io.Reader
			if c.body != "" {
				body = strings.NewReader(c.body)
			}
			req := request(t.Context(), t, c.method, c.url, body)
			if c.header != nil {
				req.Header = c.header
			}
			if c.edit != nil {
				c.edit(req)
			}
			if got := logging.Curl(r, req); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if req.Body != nil {
				if data, err := io.ReadAll(req.Body); err != nil || string(data) != c.body {
					t.Errorf("the body is %.20q afterwards, %v", data, err)
				}
			}
		})
	}
}

// TestCurl_shell has a shell take the command apart.
func TestCurl_shell(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the command is for a shell of Unix")
	}
	r, err := redact.New(redact.Config{Headers: []string{"X-Note"}, Fields: []string{"note"}})
	if err != nil {
		t.Fatal(err)
	}
	req := request(t.Context(), t, http.MethodPost, "https://a.example/it's?x", strings.NewReader(`{"note":"'; touch /tmp/owned; '\n$(id) \\ \"!\""}`))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Note", `'"$(id)'\''`)
	script := `curl() { for a in "$@"; do printf '%s\n' "$a"; done; }; ` + logging.Curl(r, req)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"--url", `https://a.example/it's?REDACTED`, "-H", "Content-Type: application/json", "-H", `X-Note: '"$(id)'\''`,
		"--data-raw", `{"note":"'; touch /tmp/owned; '\n$(id) \\ \"!\""}`, "",
	}, "\n")
	if string(out) != want {
		t.Errorf("\n got %s\nwant %s", out, want)
	}
}

// TestCurl_options: whatever the request holds, curl gets these options and nothing else.
func TestCurl_options(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the command is for a Unix shell")
	}
	arguments := map[string]int{
		"--globoff": 0, "--head": 0, "-X": 1, "--url": 1, "-H": 1, "--data-raw": 1, "--data-binary": 1,
	}
	r, err := redact.New(redact.Config{Headers: []string{"X-Note", "@/etc/passwd", "-K"}, Fields: []string{"note"}, Query: []string{"q"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, hostile := range []string{
		"-o/tmp/owned", "--output", "--", "@/etc/passwd", "-K", "\n-o x", "' -o x", "\x00-o", "[a-z]", "{a,b}", "file:///etc/passwd",
		"\u009b31m", "",
	} {
		for _, u := range []*url.URL{
			{Path: hostile},
			{Opaque: hostile},
			{Host: hostile},
			{Scheme: hostile, Host: "h"},
			{RawQuery: "q=" + hostile},
			{Scheme: "https", Host: "h", Fragment: hostile},
		} {
			req := &http.Request{
				Method: hostile, URL: u, Host: hostile,
				Header: http.Header{"X-Note": {hostile}, hostile: {"x"}, "-K": {hostile}, "Content-Type": {"application/json"}},
				Body:   io.NopCloser(strings.NewReader("")),
				GetBody: func() (io.ReadCloser, error) {
					return io.NopCloser(strings.NewReader(`{"note":` + strconv.Quote(hostile) + `}`)), nil
				},
			}
			script := `curl() { for a in "$@"; do printf '%s\0' "$a"; done; }; ` + logging.Curl(r, req)
			out, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
			if err != nil {
				t.Fatal(err)
			}
			words := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
			for i := 0; i < len(words); i++ {
				n, known := arguments[words[i]]
				if !known {
					t.Fatalf("%q is an argument of its own in %q", words[i], words)
				}
				i += n
				if words[i-n] == "-H" && strings.HasPrefix(words[i], "@") {
					t.Errorf("reads headers from a file: %q", words)
				}
			}
		}
	}
}

func ExampleCurl() {
	req, err := http.NewRequest(http.MethodPost, "https://api.example.com/orders?dry_run=1", strings.NewReader(`{"item":"umbrella"}`))
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer eyJhbGciOiJFUzI1NiJ9")
	req.Header.Set("Content-Type", "application/json")
	fmt.Println(logging.Curl(nil, req))
	// Output: curl --url 'https://api.example.com/orders?dry_run=REDACTED' -H 'Authorization: Bearer REDACTED' -H 'Content-Type: application/json' --data-raw '{"item":"REDACTED"}'
}
