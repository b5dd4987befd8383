package main

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

// TestPlaceOf: what the environment says about where the program runs.
func TestPlaceOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		goos     string
		env      string // NAME=value, separated by spaces
		file     string
		terminal bool
		want     place
	}{
		"desktop":               {env: "DISPLAY=:0", terminal: true, want: desktop},
		"desktop, from a menu":  {env: "WAYLAND_DISPLAY=wayland-0", want: desktop},
		"desktop, with systemd": {env: "DISPLAY=:0 INVOCATION_ID=1", terminal: true, want: desktop},
		"macOS":                 {goos: "darwin", terminal: true, want: desktop},
		"Windows":               {goos: "windows", want: desktop},
		"ssh":                   {env: "SSH_CONNECTION=1", terminal: true, want: overSSH},
		"ssh with X11":          {env: "SSH_TTY=/dev/pts/1 DISPLAY=localhost:10", terminal: true, want: overSSH},
		"macOS over ssh":        {goos: "darwin", env: "SSH_CONNECTION=1", terminal: true, want: overSSH},
		"docker":                {file: "/.dockerenv", terminal: true, want: container},
		"podman":                {file: "/run/.containerenv", want: container},
		"kubernetes":            {env: "KUBERNETES_SERVICE_HOST=10.0.0.1", want: container},
		"cron":                  {want: service},
		"systemd service":       {env: "INVOCATION_ID=1", want: service},
		"console":               {terminal: true, want: console},
	} {
		getenv := func(name string) string {
			for pair := range strings.FieldsSeq(c.env) {
				if n, v, _ := strings.Cut(pair, "="); n == name {
					return v
				}
			}
			return ""
		}
		goos := c.goos
		if goos == "" {
			goos = "linux"
		}
		if got := placeOf(goos, getenv, func(path string) bool { return path == c.file }, c.terminal); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestDescribeDiagnosis: whatever the place and the reasons, it fits on one screen and says what to
// do.
func TestDescribeDiagnosis(t *testing.T) {
	t.Parallel()
	a := &app{name: "go run ./cmd/demo", outStyle: screen.Style{}}
	a.out = new(strings.Builder)
	long := strings.Repeat("a reason that is longer than a line, as those of keyrings are; ", 3)
	for _, p := range []place{desktop, overSSH, container, service, console} {
		d := diagnosis{Place: p, Backends: []finding{
			{Backend: "secret-service", Reason: long, Selected: true, Fix: "unlock the keyring"},
			{Backend: "kwallet", Reason: long},
			{Backend: "keychain", Reason: "belongs to another operating system", elsewhere: true},
			{Backend: "wincred", Reason: "belongs to another operating system", elsewhere: true},
			{Backend: "pass", Reason: long},
			{Backend: "file", Usable: true},
		}}
		d.Next = d.next(d.Backends[0], false)
		text := a.describeDiagnosis(d)
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) > 22 {
			t.Errorf("%s: %d lines\n%s", p, len(lines), text)
		}
		if i := slices.IndexFunc(lines, func(line string) bool { return utf8.RuneCountInString(line) > 100 }); i >= 0 {
			t.Errorf("%s: %q is longer than 100 columns", p, lines[i])
		}
		for _, want := range []string{string(p), "what to do", "--backend file", "would be used, but:", "keychain, wincred"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", p, want, text)
			}
		}
		if p == desktop && !strings.Contains(text, "Unlock the keyring") {
			t.Errorf("no fix in\n%s", text)
		}
	}
}

// TestNext: the advice is about what is wrong, not only about where the program runs.
func TestNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		place      place
		selected   finding
		passphrase bool
		want       string
	}{
		"works":                        {place: desktop, selected: finding{Backend: "secret-service", Usable: true}, want: "Nothing: sign in"},
		"has the key":                  {place: desktop, selected: finding{Backend: "secret-service", Usable: true, Holds: true}, want: "Nothing: the keyring that holds"},
		"no desktop under cron":        {place: service, selected: finding{Backend: "secret-service", Fix: "log in"}, want: "The keyrings of the desktop are out of reach"},
		"locked desktop":               {place: desktop, selected: finding{Backend: "secret-service", Fix: "unlock it"}, want: "Unlock it"},
		"pass, chosen under cron":      {place: service, selected: finding{Backend: "pass", Fix: "run pass init"}, want: "Run pass init"},
		"Keychain over ssh":            {place: overSSH, selected: finding{Backend: "keychain", Fix: "run security unlock-keychain"}, want: "Run security unlock-keychain"},
		"a directory of others":        {place: container, selected: finding{Backend: "secret-service", outside: true, Fix: "keep other users out"}, want: "Keep other users out"},
		"a full disk":                  {place: overSSH, selected: finding{Backend: "file", Fix: "check that the directory has space"}, want: "Check that the directory has space"},
		"no passphrase under cron":     {place: service, selected: finding{Backend: "file", Usable: true}, want: "CHATELAINE_PASSPHRASE_FILE"},
		"a passphrase file under cron": {place: service, selected: finding{Backend: "file", Usable: true}, passphrase: true, want: "Nothing: sign in"},
	} {
		if got := (diagnosis{Place: c.place}).next(c.selected, c.passphrase); len(got) == 0 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
