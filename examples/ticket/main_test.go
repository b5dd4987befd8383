package main_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/examples/ticket/internal/tickets"
)

const guide = "../../docs/first-cli.md"

// TestGuide_code: what the guide shows of the program is the program.
func TestGuide_code(t *testing.T) {
	var program strings.Builder
	for _, name := range []string{"main.go", "app.go", "commands.go", "internal/tickets/tickets.go"} {
		program.WriteString(read(t, name))
	}
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(read(t, guide), -1)
	if len(blocks) < 4 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for _, b := range blocks {
		if !strings.Contains(program.String(), b[1]) {
			t.Errorf("not in the program:\n%s", b[1])
		}
	}
}

// TestGuide_commands types the guide's commands into a shell, and compares their output. A
// password is typed where the guide shows its prompt.
func TestGuide_commands(t *testing.T) {
	shell := newShell(t)
	blocks := regexp.MustCompile("(?ms)^```console\n(.*?)^```$").FindAllStringSubmatch(read(t, guide), -1)
	if len(blocks) < 4 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for _, b := range blocks {
		for _, step := range strings.Split("\n"+b[1], "\n$ ")[1:] {
			command, want, _ := strings.Cut(step, "\n")
			got := strings.ReplaceAll(shell.run(t, command), shell.api, "http://127.0.0.1:8080")
			if strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("$ %s\ngot\n%s\nwant\n%s", command, got, want)
			}
		}
	}
}

// TestInterrupted: however often the command is killed in the middle, the next one still has a
// session.
func TestInterrupted(t *testing.T) {
	shell := newShell(t)
	shell.run(t, "ticket login alice")
	for i := range 20 {
		cmd := shell.command(t, "exec ticket list")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(i)*3*time.Millisecond, func() { _ = cmd.Process.Signal(os.Interrupt) })
		_ = cmd.Wait()
	}
	if got := shell.run(t, "ticket list"); !strings.Contains(got, "The rabbit is late") {
		t.Errorf("got %s", got)
	}
}

// TestExitCodes: a script can tell a session that is over from a server that is down.
func TestExitCodes(t *testing.T) {
	shell := newShell(t)
	for _, c := range []struct{ command, want string }{
		{"ticket", "2"},
		{"ticket -x", "2"},
		{"ticket list", "4"},
		{"echo wrong | ticket login alice", "1"},
		{"ticket login alice", "0"},
		{"ticket list", "0"},
		{"TICKET_API=http://127.0.0.1:1 ticket -account other list", "4"},
		{"TICKET_API=:// ticket list", "1"},
		{"ticket logout", "0"},
		{"ticket list", "4"},
	} {
		got := shell.run(t, c.command+" > /dev/null 2>&1; echo $?")
		if strings.TrimSpace(got) != c.want {
			t.Errorf("%s: exit code %s, want %s", c.command, got, c.want)
		}
	}
	shell.run(t, "ticket login alice")
	shell.stop()
	if got := shell.run(t, "ticket list > /dev/null 2>&1; echo $?"); strings.TrimSpace(got) != "75" {
		t.Errorf("of a server that is down: exit code %s", got)
	}
}

// shell is what the reader of the guide has: the program on the PATH, a server, a home.
type shell struct {
	env  []string
	dir  string
	api  string
	stop func()
}

func newShell(t *testing.T) *shell {
	t.Helper()
	dir := t.TempDir()
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "ticket"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: tickets.Handler(300 * time.Millisecond)}
	go func() { _ = server.Serve(listener) }()
	stop := func() { _ = server.Close() }
	t.Cleanup(stop)
	passphrase := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(passphrase, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	api := "http://" + listener.Addr().String()
	return &shell{dir: dir, api: api, stop: stop, env: append(os.Environ(),
		"PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+home, "XDG_STATE_HOME=",
		"TICKET_API="+api, "TICKET_PASSPHRASE_FILE="+passphrase)}
}

func (s *shell) command(t *testing.T, line string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Env, cmd.Dir = s.env, s.dir
	password := "wonderland\n"
	if strings.Contains(line, "bob") {
		password = "builder\n"
	}
	cmd.Stdin = strings.NewReader(password)
	return cmd
}

func (s *shell) run(t *testing.T, line string) string {
	t.Helper()
	var out bytes.Buffer
	cmd := s.command(t, line)
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run() // some are meant to fail
	return out.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
