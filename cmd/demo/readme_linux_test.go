package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestREADME_commands types what the README shows, top to bottom, on a terminal, and compares what
// is shown there. Times, and the bars drawn of them, are another machine's.
func TestREADME_commands(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	desk := newDesk(t)
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for _, part := range strings.Split("\n"+block[1], "\n$ ")[1:] {
			command, want, _ := strings.Cut(part+"\n", "\n")
			commands++
			if strings.HasSuffix(command, " serve") {
				desk.serve(t, command, want)
			} else {
				desk.run(t, command, want)
			}
		}
	}
	if commands < 7 {
		t.Errorf("the README shows %d commands", commands)
	}
}

// A desk is where the commands of the README are typed: the directory of the repository, and a home
// of its own.
type desk struct {
	env  []string
	addr string // in place of the one in the README, which may be taken
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{addr: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	goenv, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	where := strings.Fields(string(goenv))
	// A dumb terminal has no colors, and nothing moves on it while a slow machine is waited for.
	// The home is new, so git would not trust the repository in it.
	d.env = append(mustHermetic(t, t.TempDir()), "TERM=dumb", "GOCACHE="+where[0], "GOMODCACHE="+where[1], "GOPATH="+where[2], "GOFLAGS=-buildvcs=false")
	d.run(t, "go run ./cmd/demo --version", "…") // compiling is not what the commands are waited for
	return d
}

const readmeAddr = "127.0.0.1:8080"

func (d *desk) typed(t *testing.T, command string) *terminal {
	t.Helper()
	command = strings.Replace(command, " serve", " serve --addr "+d.addr, 1)
	command = strings.Replace(command, " login", " login --base-url http://"+d.addr, 1)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = slices.Clone(d.env)
	return onTerminal(t, cmd)
}

func (d *desk) run(t *testing.T, command, want string) {
	t.Helper()
	_, got := d.typed(t, command).end(t)
	d.compare(t, command, got, want)
}

func (d *desk) compare(t *testing.T, command, got, want string) {
	t.Helper()
	if !d.shows(got, want) {
		t.Errorf("$ %s\n%s\nthe README has\n%s", command, got, want)
	}
}

// serve leaves the command running until the test ends.
func (d *desk) serve(t *testing.T, command, want string) {
	t.Helper()
	x := d.typed(t, command)
	t.Cleanup(func() {
		_ = syscall.Kill(-x.cmd.Process.Pid, syscall.SIGINT) // to sh, go and the server, as Ctrl-C does
		x.end(t)
	})
	first, _, _ := strings.Cut(want, "\n")
	d.compare(t, command, x.await(t, strings.ReplaceAll(first, readmeAddr, d.addr)), want)
}

// shows reports whether the lines of got are those of want. "…" in a line of its own stands for any
// number of lines.
func (d *desk) shows(got, want string) bool {
	pattern := regexp.QuoteMeta("\n" + sameEverywhere(want))
	pattern = strings.ReplaceAll(pattern, "\n…", "(?:\n.*)*")
	return regexp.MustCompile("^" + pattern + "$").MatchString("\n" + sameEverywhere(strings.ReplaceAll(got, d.addr, readmeAddr)))
}

// sameEverywhere takes out what differs between machines: times, the bars that are as long, and the
// carriage returns of the terminal.
func sameEverywhere(text string) string {
	text = regexp.MustCompile(`[0-9.]+ (ms|s)\b`).ReplaceAllString(text, "0 $1")
	text = regexp.MustCompile(`[ ━╸╺]{2,}`).ReplaceAllString(text, "  ")
	return strings.Trim(strings.ReplaceAll(text, "\r", ""), "\n")
}
