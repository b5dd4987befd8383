package keyring_test

import (
	"bufio"
	"context"
	"io"
	"iter"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// command prepares the program; env is added to the environment.
func command(ctx context.Context, t *testing.T, env []string, role string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	argv := append([]string{"-test.run=^$", childMarker, role}, args...)
	cmd := exec.CommandContext(ctx, self, argv...)
	// Without this a program with the race detector takes a second to end.
	cmd.Env = append(os.Environ(), os.ExpandEnv("GORACE=$GORACE atexit_sleep_ms=0"))
	cmd.Env, cmd.WaitDelay = append(cmd.Env, env...), time.Second
	return cmd
}

// output runs the program to its end and returns what it said.
func output(t *testing.T, env []string, role string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := command(ctx, t, env, role, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v (%v)\n%s", role, args, err, ctx.Err(), out)
	}
	return string(out)
}

func wantSaid(t *testing.T, out string, phrases ...string) {
	t.Helper()
	for _, p := range phrases {
		if !strings.Contains(out, p) {
			t.Errorf("missing %q in:\n%s", p, out)
		}
	}
}

func wantNotSaid(t *testing.T, out string, phrases ...string) {
	t.Helper()
	for _, p := range phrases {
		if strings.Contains(out, p) {
			t.Errorf("unexpected %q in:\n%s", p, out)
		}
	}
}

// lines yields the lines of out that contain phrase.
func lines(out, phrase string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(out) {
			if strings.Contains(line, phrase) && !yield(strings.TrimSpace(line)) {
				return
			}
		}
	}
}

// A process is the program while it runs.
type process struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string // closed at the end of its output
}

// start starts the program. It is killed at the end of the test, if not before.
func start(t *testing.T, env []string, role string, args ...string) *process {
	t.Helper()
	cmd := command(t.Context(), t, env, role, args...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	// Not cmd.StdoutPipe, which Wait closes before all is read.
	stdout, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	inGroup(cmd)
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, stdin: stdin, lines: make(chan string, 1<<20)}
	go func() {
		defer close(p.lines)
		defer func() { _ = stdout.Close() }()
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	t.Cleanup(p.kill)
	return p
}

// kill kills the process, with the programs it has started, and returns when it
// is gone.
func (p *process) kill() {
	killGroup(p.cmd)
	_ = p.cmd.Wait()
}

// await returns the next line that begins with prefix.
func (p *process) await(t *testing.T, prefix string) string {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var seen []string
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("the process ended without %q: %q", prefix, seen)
			}
			if rest, ok := strings.CutPrefix(line, prefix); ok {
				return rest
			}
			seen = append(seen, line)
		case <-timer.C:
			t.Fatalf("the process does not say %q: %q", prefix, seen)
		}
	}
}

// last returns the last line that begins with prefix, of a process that has
// ended; none is the empty string.
func (p *process) last(t *testing.T, prefix string) (last string) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				return last
			}
			if rest, found := strings.CutPrefix(line, prefix); found {
				last = rest
			}
		case <-timer.C:
			t.Fatal("the output of a process that has ended does not end")
		}
	}
}
