package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// visited returns where a page redirects to, without going there.
func visited(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.Header.Get("Location")
}

// TestLogin_device: the code is entered on another device, and the session begins.
func TestLogin_device(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{DeviceInterval: time.Second})
	for _, denied := range []bool{false, true} {
		if err := l.server.Reconfigure(func(c *authtest.Config) { c.DenyAuthorization = denied }); err != nil {
			t.Fatal(err)
		}
		cmd := l.demo(t, "login", "--issuer", l.server.URL, "--client-id", "demo", "--device")
		words := newWatch()
		cmd.Stderr = words
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		text := words.await(t, "Waiting …")
		if !regexp.MustCompile(`enter the code [A-Z0-9]{4}-[A-Z0-9]{4}\n`).MatchString(text) || !strings.Contains(text, "valid for 10 minutes") {
			t.Errorf("%q", text)
		}
		visited(t, regexp.MustCompile(`\(or open (\S+)\)`).FindStringSubmatch(text)[1])
		want := exitOK
		if denied {
			want = exitLogin
		}
		if code := codeOf(t, cmd.Wait()); code != want {
			t.Errorf("exit code %d, want %d: %s", code, want, words.text.String())
		}
		l.want(t, exitOK, l.demo(t, "get", "/me")) // a login that was refused has not replaced the session
	}
}

// TestLogin_interrupt: Ctrl-C ends the wait for the browser and for the other device.
func TestLogin_interrupt(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	for _, way := range []string{"--device", "--no-browser", "--web"} {
		cmd := l.demo(t, "login", "--issuer", l.server.URL, "--client-id", "demo", way)
		words := newWatch()
		cmd.Stderr = words
		in, err := cmd.StdinPipe() // open, and nothing comes
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		words.await(t, "http://127.0.0.1")
		if err := interrupt(cmd.Process); err != nil {
			t.Fatal(err)
		}
		if code := codeOf(t, cmd.Wait()); code != exitInterrupted {
			t.Errorf("%s: exit code %d: %s", way, code, words.text.String())
		}
		_ = in.Close()
	}
}

// TestPrompt_paste: over ssh, the address that the browser at home ends up at is pasted.
func TestPrompt_paste(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	x := onTerminal(t, l.demo(t, "login", "--issuer", l.server.URL, "--client-id", "demo", "--no-browser"))
	text := x.await(t, "paste its address here.")
	end := visited(t, regexp.MustCompile(`http://\S+/oauth/authorize\S+`).FindString(text))
	if !strings.HasPrefix(end, "http://127.0.0.1:") {
		t.Fatalf("the browser ends up at %q", end)
	}
	for _, line := range []string{"http://127.0.0.1/other\n", end + "\n"} {
		if _, err := x.tty.WriteString(line); err != nil {
			t.Fatal(err)
		}
		if line == "http://127.0.0.1/other\n" {
			x.await(t, "or the code in it")
		}
	}
	if code, text := x.end(t); code != exitOK || !strings.Contains(text, "signed in at") {
		t.Errorf("exit code %d: %q", code, text)
	}
	l.want(t, exitOK, l.demo(t, "get", "/me"))
}

// TestPrompt_browser: without a display the address is shown, and a browser that reaches this
// machine does not need a pasted address.
func TestPrompt_browser(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	x := onTerminal(t, l.demo(t, "login", "--issuer", l.server.URL, "--client-id", "demo"))
	text := x.await(t, "paste its address here.")
	end := visited(t, regexp.MustCompile(`http://\S+/oauth/authorize\S+`).FindString(text))
	visited(t, end)
	if code, text := x.end(t); code != exitOK || !strings.Contains(text, "signed in at") {
		t.Errorf("exit code %d: %q", code, text)
	}
	l.want(t, exitOK, l.demo(t, "get", "/me"))
}
