package main

import (
	"context"
	"strings"
	"testing"
)

// words runs a command line in this process, and returns its exit code and what it has written to
// stderr.
func words(ctx context.Context, args ...string) (int, string) {
	var out, errs strings.Builder
	code := run(ctx, args, func(string) string { return "" }, stdio{in: strings.NewReader(""), out: &out, err: &errs})
	return code, errs.String()
}

// TestRun_canceled: a context that is over is an interrupt.
func TestRun_canceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, text := words(ctx, "get", "/me", "--dir", t.TempDir(), "--base-url", "http://127.0.0.1:1")
	if code != exitInterrupted || text != "error: interrupted\nhint: the session is intact; run the command again\n" {
		t.Errorf("exit code %d: %q", code, text)
	}
}

// TestRun_bytes: arguments that are no text, or would move the cursor, are shown as something else.
func TestRun_bytes(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"\xff\xfe", "\x1b[2J", "a\r\nb", "\u202e"} {
		for _, args := range [][]string{
			{arg},
			{"get"},
			{"get", arg},
			{"get", "/me", "--" + arg},
			{"get", "/me", "--profile", arg},
			{"help", arg},
			{"status", "--dialect", arg},
			{"storm", "-n", arg, "/me"},
		} {
			code, text := words(t.Context(), append(args, "--dir", t.TempDir(), "--base-url", "http://127.0.0.1:1")...)
			if code != exitUsage && code != exitNetwork && code != exitError || strings.Count(text, "\n") != 2 {
				t.Errorf("%q: exit code %d: %q", args, code, text)
			}
			if strings.ContainsAny(text, "\x1b\r\u202e") {
				t.Errorf("%q: %q", args, text)
			}
		}
	}
}
