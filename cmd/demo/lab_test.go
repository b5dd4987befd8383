package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// A lab is a server, and a home for processes that run demo.
type lab struct {
	server *authtest.Server
	home   string
	env    []string
}

func newLab(t *testing.T, config authtest.Config) *lab {
	t.Helper()
	home := t.TempDir()
	l := &lab{server: authtest.NewServer(config), home: home, env: mustHermetic(t, home)}
	t.Cleanup(l.server.Close)
	return l
}

// signIn logs in.
func (l *lab) signIn(t *testing.T) {
	t.Helper()
	cmd := l.demo(t, "login", "--password-stdin", "--base-url", l.server.URL)
	cmd.Stdin = strings.NewReader(authtest.DefaultPassword + "\n")
	l.want(t, exitOK, cmd)
}

// TestLab_keyring: whatever the system, the tests leave its own keyring alone.
func TestLab_keyring(t *testing.T) {
	t.Parallel()
	l := newLab(t, authtest.Config{})
	l.signIn(t)
	found := 0
	err := filepath.WalkDir(l.home, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".keyring" {
			return err
		}
		found++
		manifest, err := os.ReadFile(path)
		if !bytes.Contains(manifest, []byte(`"backend":"file"`)) {
			t.Errorf("%s: %s", path, manifest)
		}
		return err
	})
	if err != nil || found != 1 {
		t.Errorf("%d manifests, %v", found, err)
	}
}

// demo is a command line, not yet started.
func (l *lab) demo(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "demo", args...)
	cmd.Env = slices.Clone(l.env)
	interruptible(cmd)
	return cmd
}

// want runs it and checks how it ends.
func (l *lab) want(t *testing.T, code int, cmd *exec.Cmd) (output string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if got := codeOf(t, err); got != code {
		t.Fatalf("demo %v: exit code %d, want %d\n%s%v", cmd.Args[1:], got, code, out, l.server.Timeline())
	}
	return string(out)
}

// codeOf is the exit code of a process; -1 if a signal ended it.
func codeOf(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return exitOK
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatal(err)
	}
	return exit.ExitCode()
}

// A watch is an output that reports what has been written to it.
type watch struct {
	text  bytes.Buffer
	wrote chan string
}

func newWatch() *watch { return &watch{wrote: make(chan string, 1000)} }

// Write sends the whole text so far.
func (w *watch) Write(b []byte) (int, error) {
	n, err := w.text.Write(b)
	select {
	case w.wrote <- w.text.String():
	default: // the reader is slow; it gets the next text
	}
	return n, err
}

const patience = 20 * time.Second

// await returns the text as soon as phrase is in it.
func (w *watch) await(t *testing.T, phrase string) string {
	t.Helper()
	late := time.After(patience)
	text := ""
	for !strings.Contains(text, phrase) {
		select {
		case text = <-w.wrote:
		case <-late:
			t.Fatalf("no %q in %q", phrase, text)
		}
	}
	return text
}
