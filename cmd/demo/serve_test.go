package main

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestServe: serve prints what to try and what happens, until it is interrupted.
func TestServe(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	cmd := l.demo(t, "serve", "--addr", "127.0.0.1:0")
	events, words := newWatch(), newWatch()
	cmd.Stdout, cmd.Stderr = events, words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text := words.await(t, "exit code 4")
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(text)
	for _, want := range []string{"serving on " + url, "demo login --base-url " + url, "wonderland", "demo post /_control/expire"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/_control/expire", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := new(http.Client).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	req.URL.Path, req.Method = "/status/\x1b]0;pwned\x07\u202e", http.MethodGet // a client's choice, in the log
	if resp, err = new(http.Client).Do(req); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := events.await(t, "pwned"); strings.ContainsAny(got, "\x1b\x07\u202e") || !strings.Contains(got, "expire") {
		t.Errorf("colors: %q", got)
	}
	if err := interrupt(cmd.Process); err != nil {
		t.Fatal(err)
	}
	if code := codeOf(t, cmd.Wait()); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
