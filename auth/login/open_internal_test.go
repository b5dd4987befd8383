package login

import (
	"slices"
	"strings"
	"testing"
)

func TestOpener(t *testing.T) {
	t.Parallel()
	for goos, want := range map[string]string{"linux": "xdg-open", "freebsd": "xdg-open", "darwin": "open", "windows": "rundll32"} {
		if name, _ := opener(goos); name != want || needsDisplay(goos) != (want == "xdg-open") {
			t.Errorf("%s: %s", goos, name)
		}
	}
	for _, c := range []struct {
		environ []string
		want    bool
	}{
		{nil, false},
		{[]string{"DISPLAY=", "HOME=/x"}, false},
		{[]string{"DISPLAY=:0"}, true},
		{[]string{"WAYLAND_DISPLAY=wayland-0"}, true},
	} {
		if got := hasDisplay(c.environ); got != c.want {
			t.Errorf("%v: %v", c.environ, got)
		}
	}
}

func TestOpenBrowser_opens_only_web_pages(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "file:///etc/passwd", "--help", "javascript:alert(1)", "\x00"} {
		if err := OpenBrowser(t.Context(), address); err == nil || !strings.Contains(err.Error(), "only http") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, want string
		limit      int
		secrets    []string
	}{
		{"plain", "plain", 10, nil},
		{"a\x1b[31mb\r\n\u202e\xff", "a\\x1b[31mb\\r\\n\\u202e\ufffd", 100, nil},
		{"äöü", "äö…", 5, nil},
		{"code code-1234 is bad", "code REDACTED is bad", 100, []string{"code-1234", "", "bad"}},
	} {
		if got := shown(c.text, c.limit, c.secrets); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// Every error of an RFC that a user can do something about says what.
func TestError_next_steps(t *testing.T) {
	t.Parallel()
	for code := range nextSteps() {
		text := newError(code, "", 400).Error()
		if !strings.Contains(text, "; ") {
			t.Errorf("%s: %s", code, text)
		}
	}
	if codes := []string{"unknown"}; slices.Contains(codes, "") || newError("unknown", "why", 400).Error() != `login: the provider says "unknown" (why)` {
		t.Error(newError("unknown", "why", 400))
	}
}
