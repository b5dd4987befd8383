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
	desk := newDesk(t, filepath.Join("..", ".."))
	desk.useCaches(t)
	desk.run(t, "go run ./cmd/demo --version", "…") // compiling is not what the commands are waited for
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if !strings.HasPrefix(block[1], "$ go mod") { // TestNewcomer follows that one
			commands += desk.follow(t, block[1])
		}
	}
	if commands < 7 {
		t.Errorf("the README shows %d commands", commands)
	}
}

// A desk is where the commands of the README are typed: the directory of the repository, and a home
// of its own.
type desk struct {
	dir  string
	home string
	env  []string
	addr string // in place of the one in the README, which may be taken
}

// newDesk returns a desk in dir with an empty home.
func newDesk(t *testing.T, dir string) *desk {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// A dumb terminal has no colors, and nothing moves on it while a slow machine is waited for.
	d := &desk{dir: dir, home: t.TempDir(), addr: l.Addr().String()}
	d.env = append(mustHermetic(t, d.home), "TERM=dumb")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

// useCaches gives the go command the caches of the user, in place of those in the empty home.
func (d *desk) useCaches(t *testing.T) {
	t.Helper()
	goenv, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE", "GOMODCACHE", "GOPATH").Output()
	if err != nil {
		t.Fatal(err)
	}
	where := strings.Fields(string(goenv))
	// The home is new, so git would not trust the repository in it.
	d.env = append(d.env, "GOCACHE="+where[0], "GOMODCACHE="+where[1], "GOPATH="+where[2], "GOFLAGS=-buildvcs=false")
}

// follow types the commands of a block, and returns how many there are.
func (d *desk) follow(t *testing.T, block string) (commands int) {
	t.Helper()
	for _, part := range strings.Split("\n"+block, "\n$ ")[1:] {
		command, want, _ := strings.Cut(part+"\n", "\n")
		commands++
		if strings.HasSuffix(command, " serve") {
			d.serve(t, command, want)
		} else {
			d.run(t, command, want)
		}
	}
	return commands
}

const readmeAddr = "127.0.0.1:8080"

func (d *desk) typed(t *testing.T, command string) *terminal {
	t.Helper()
	command = strings.Replace(command, " serve", " serve --addr "+d.addr, 1)
	if strings.HasPrefix(command, "echo") {
		command = strings.Replace(command, " login", " login --base-url http://"+d.addr, 1)
	}
	command = strings.ReplaceAll(command, readmeAddr, d.addr)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = d.dir
	cmd.Env = slices.Clone(d.env)
	return onTerminal(t, cmd)
}

func (d *desk) run(t *testing.T, command, want string) {
	t.Helper()
	x := d.typed(t, command)
	if prompt, typed, ok := strings.Cut(want, ": wonderland"); ok && !strings.Contains(prompt, "\n") {
		x.await(t, prompt+": ")
		if _, err := x.tty.WriteString(want[len(prompt)+2:len(want)-len(typed)] + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	_, got := x.end(t)
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
