package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestPrompt_password: what is typed is not shown.
func TestPrompt_password(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	x := onTerminal(t, l.demo(t, "login", "--base-url", l.server.URL))
	x.await(t, "Password of alice at "+l.server.URL+": ")
	x.types(t, "wonderland\n")
	code, text := x.end(t)
	if code != exitOK || !strings.Contains(text, "signed in as alice") {
		t.Errorf("exit code %d: %q", code, text)
	}
	if strings.Contains(text, "wonder") {
		t.Errorf("the password is shown: %q", text)
	}
}

// TestPrompt_interrupt: Ctrl-C at a prompt ends the program and gives the terminal back.
func TestPrompt_interrupt(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	x := onTerminal(t, l.demo(t, "login", "--base-url", l.server.URL))
	x.await(t, "Password of alice")
	x.types(t, "wond\x03")
	code, text := x.end(t)
	if code != exitInterrupted || strings.Contains(text, "wond") {
		t.Errorf("exit code %d: %q", code, text)
	}
}

// TestPrompt_noInput: --no-input means that nothing is asked.
func TestPrompt_noInput(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	code, text := onTerminal(t, l.demo(t, "login", "--no-input")).end(t)
	if code != exitUsage || strings.Contains(text, "Password of") || !strings.Contains(text, "--password-stdin") {
		t.Errorf("exit code %d: %q", code, text)
	}
}

// TestPrompt_passphrase: a new one is asked for twice, a known one once.
func TestPrompt_passphrase(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})

	x := onTerminal(t, l.demo(t, "login", "--base-url", l.server.URL, "--backend", "file"))
	x.await(t, "Password of alice")
	x.types(t, "wonderland\n")
	x.await(t, "New passphrase for the keys of chatelaine-demo: ")
	x.types(t, "correct horse\n")
	x.await(t, "Once more: ")
	x.types(t, "wrong horse\n")
	code, text := x.end(t)
	if code != exitKeyring || !strings.Contains(text, "are not the same") || strings.Contains(text, "horse") {
		t.Errorf("exit code %d: %q", code, text)
	}

	x = onTerminal(t, l.demo(t, "login", "--base-url", l.server.URL, "--backend", "file"))
	x.await(t, "Password of alice")
	x.types(t, "wonderland\n")
	x.await(t, "New passphrase")
	x.types(t, "correct horse\n")
	x.await(t, "Once more: ")
	x.types(t, "correct horse\n")
	if code, text = x.end(t); code != exitOK || strings.Contains(text, "horse") {
		t.Errorf("exit code %d: %q", code, text)
	}

	x = onTerminal(t, l.demo(t, "get", "/me"))
	x.await(t, "Passphrase for the keys of chatelaine-demo: ")
	x.types(t, "correct horse\n")
	if code, text = x.end(t); code != exitOK || !strings.Contains(text, `"username":"alice"`) || strings.Contains(text, "horse") {
		t.Errorf("exit code %d: %q", code, text)
	}

	x = onTerminal(t, l.demo(t, "get", "/me"))
	x.await(t, "Passphrase for")
	x.types(t, "wrong horse\n")
	if code, text = x.end(t); code != exitKeyring || !strings.Contains(text, "wrong passphrase") {
		t.Errorf("exit code %d: %q", code, text)
	}

	x = onTerminal(t, l.demo(t, "get", "/me"))
	x.await(t, "Passphrase for")
	x.types(t, "\x03")
	if code, text = x.end(t); code != exitInterrupted {
		t.Errorf("exit code %d: %q", code, text)
	}
}

// TestTerminal_colors: a terminal gets colors, unless they are turned off.
func TestTerminal_colors(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	for name, c := range map[string]struct {
		env    string
		args   []string
		colors bool
	}{
		"terminal":   {colors: true},
		"NO_COLOR":   {env: "NO_COLOR=1"},
		"NO_COLOR=":  {env: "NO_COLOR=", colors: true},
		"dumb":       {env: "TERM=dumb"},
		"--no-color": {args: []string{"--no-color"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := l.demo(t, append([]string{"get", "/me", "--base-url", l.server.URL, "--trace"}, c.args...)...)
			cmd.Env = append(cmd.Env, c.env)
			code, text := onTerminal(t, cmd).end(t)
			if code != exitLogin || !strings.Contains(text, "GET    /me") {
				t.Errorf("exit code %d: %q", code, text)
			}
			if got := strings.Contains(text, "\x1b["); got != c.colors {
				t.Errorf("colors: %v, want %v: %q", got, c.colors, text)
			}
		})
	}
}

// TestTerminal_progress: what takes longer than a second is named, and erased.
func TestTerminal_progress(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	release := l.server.HoldAPI(1)
	defer release()
	x := onTerminal(t, l.demo(t, "get", "/public/echo", "--base-url", l.server.URL))
	x.await(t, "waiting for a response from "+l.server.URL+", 1 s")
	release()
	code, text := x.end(t)
	_, after, erased := strings.Cut(text[strings.LastIndex(text, "waiting for"):], "\r\x1b[2K")
	if code != exitOK || !erased || !strings.HasPrefix(after, "{") {
		t.Errorf("exit code %d: %q", code, text)
	}
}

// TestTerminal_escapes: a server cannot write control characters to the terminal.
func TestTerminal_escapes(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	server := httptest.NewServer(hostileHandler(l.server.URL))
	t.Cleanup(server.Close)
	for _, args := range [][]string{{"/body"}, {"/body", "--include"}, {"/body", "--json"}, {"/reason"}, {"/reason", "--trace"}} {
		cmd := l.demo(t, append([]string{"get", "--no-color", "--base-url", server.URL}, args...)...)
		_, text := onTerminal(t, cmd).end(t)
		if strings.ContainsAny(text, "\x07\u009b\u202e") || strings.Contains(text, "\x1b]") {
			t.Errorf("%v: %q", args, text)
		}
		if args[0] == "/body" && !strings.Contains(text, "pwned") {
			t.Errorf("%v: %q", args, text)
		}
	}
}
