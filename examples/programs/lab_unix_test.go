//go:build unix

package main_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// executable is the programs, compiled as they stand.
var executable string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "programs")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	executable = filepath.Join(dir, "programs")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", executable, ".")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Printf("%v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// lab is a server, and the state of one user on one machine, who is signed in.
type lab struct {
	*authtest.Server

	env []string
}

// newLab starts a server, strict unless the configuration says otherwise, and signs in.
func newLab(t *testing.T, config authtest.Config, env ...string) *lab {
	t.Helper()
	l := &lab{Server: authtest.NewServer(config)}
	t.Cleanup(l.Close)
	l.env = append(append(os.Environ(), "API="+l.URL, "STATE="+t.TempDir(), "SESSION_KEY=00112233445566778899aabbccddeeff"), env...)
	l.signIn(t)
	return l
}

func (l *lab) signIn(t *testing.T) {
	t.Helper()
	if out, code := l.run(t, "login"); code != 0 {
		t.Fatal(out)
	}
}

// command returns a program that has not started yet.
func (l *lab) command(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), executable, name)
	cmd.Env = l.env
	return cmd
}

// run runs a program to its end.
func (l *lab) run(t *testing.T, name string) (out string, code int) {
	t.Helper()
	data, err := l.command(t, name).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(data), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(data), 0
}

// alive fails the test unless the next program finds its session, and no refresh token was used
// twice.
func (l *lab) alive(t *testing.T) {
	t.Helper()
	if out, _ := l.run(t, "command"); out != "status 200\n" {
		t.Fatalf("the next program: %s\n%v", out, l.Timeline())
	}
	l.AssertNoReuse(t)
	l.AssertSessions(t, 1)
}

// running is a program that runs until the test ends it.
type running struct {
	*exec.Cmd

	stdin io.WriteCloser
	lines *bufio.Scanner
}

// start starts a program and waits until it says that it is ready. It returns the rest of that
// line.
func (l *lab) start(t *testing.T, name string) (r *running, ready string) {
	t.Helper()
	r = &running{Cmd: l.command(t, name)}
	out, err := r.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if r.stdin, err = r.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	r.lines = bufio.NewScanner(out)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.Process.Kill()
		_ = r.Wait()
	})
	rest, ok := strings.CutPrefix(r.line(), "ready")
	if !ok {
		t.Fatalf("%s does not start", name)
	}
	return r, strings.TrimSpace(rest)
}

// line returns the next line that the program prints, "" if it has ended.
func (r *running) line() string {
	if !r.lines.Scan() {
		return ""
	}
	return r.lines.Text()
}

// rest reads what the program prints until it ends, and waits for that.
func (r *running) rest() (out string, err error) {
	var b strings.Builder
	for line := r.line(); line != ""; line = r.line() {
		b.WriteString(line + "\n")
	}
	return b.String(), r.Wait()
}
