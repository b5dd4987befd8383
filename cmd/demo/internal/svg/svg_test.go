package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

const shown = "\n\x1b[1mA tour.\x1b[0m \x1b[2mIntroduction\x1b[0m\n" +
	"\n\x1b[1;7m 1 \x1b[0m \x1b[1mFirst\x1b[0m\n\n    \x1b[32m200\x1b[0m GET <a&b> \x1b[35m╺━━╸\x1b[0m\n" +
	"\n\x1b[1;7m 2 \x1b[0m \x1b[1mSecond\x1b[0m\n\n    text\n" +
	"\n\x1b[1;7m Σ \x1b[0m \x1b[1mSummary\x1b[0m\n\n    table\n" +
	"\n  \x1b[32mAll held.\x1b[0m\n  By hand\n\n"

func picture(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs strings.Builder
	if code := run(args, strings.NewReader(shown), &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	d := xml.NewDecoder(strings.NewReader(out.String()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return out.String()
		} else if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
	}
}

// TestRun draws well-formed pictures of all of it, or of some scenes.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args          []string
		with, without string
	}{
		{nil, "Introduction First Second Summary table held. By", ""},
		{[]string{"-scenes", "1"}, "Introduction First held. By", "Second Summary table"},
		{[]string{"-scenes", "1,2", "-title", "x<y"}, "First Second x&lt;y", "Summary table"},
	} {
		got := picture(t, c.args...)
		for want := range strings.FieldsSeq(c.with) {
			if !strings.Contains(got, want) {
				t.Errorf("%q: no %q", c.args, want)
			}
		}
		for bad := range strings.FieldsSeq(c.without) {
			if strings.Contains(got, bad) {
				t.Errorf("%q: %q is there", c.args, bad)
			}
		}
	}
}

// TestRun_looks: colors, bars that begin and end in the middle of a column, and text that is no
// markup.
func TestRun_looks(t *testing.T) {
	t.Parallel()
	got := picture(t)
	for what, want := range map[string]string{
		"color":    `fill="` + green + `">200</text>`,
		"bold":     `font-weight="bold">First</text>`,
		"dim":      `fill="` + faint + `">Introduction</text>`,
		"inverted": `fill="` + ground + `" font-weight="bold">1</text>`,
		"escaped":  "&lt;a&amp;b&gt;",
		// Column 18 and a half of line 5, three columns long.
		"bar": `<rect x="175.4" y="141.5" width="25.2" height="6" rx="2" fill="` + magenta + `"/>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %s in\n%s", what, want, got)
		}
	}
}

// TestRun_usage: a wrong flag is one.
func TestRun_usage(t *testing.T) {
	t.Parallel()
	if code := run([]string{"-nonsense"}, strings.NewReader(""), io.Discard, io.Discard); code != 2 {
		t.Errorf("exit code %d", code)
	}
}
