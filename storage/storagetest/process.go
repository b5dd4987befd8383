package storagetest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"github.com/chatelaine-go/chatelaine/storage"
)

// What the test binary is told to do when it is run again.
const (
	marker    = "chatelaine-storagetest"
	roleCount = "count" // increment the value so many times
	roleHold  = "hold"  // hold the lock until released, then store "held"
	roleWrite = "write" // write one pattern after the other until released

	ready = marker + " ready\n"
)

type role struct {
	name string
	dir  string
	args []string
}

// roleOf reports whether this process was started by [start]. The role is in the
// arguments after the flags, which package testing leaves alone.
func roleOf() (role, bool) {
	args := flag.Args()
	if len(args) < 3 || args[0] != marker {
		return role{}, false
	}
	return role{name: args[1], dir: args[2], args: args[3:]}, true
}

func (r role) play(t *tester, open opener) {
	t.Helper()
	s := open(t.T, r.dir)
	var err error
	switch r.name {
	case roleCount:
		err = count(t, s, r.args)
	case roleHold:
		err = s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
			announce(t)
			<-released()
			return []byte("held"), nil
		})
	case roleWrite:
		announce(t)
		end := released()
		for i := 0; err == nil; i++ {
			select {
			case <-end:
				return
			default:
				err = s.Update(t.Context(), key, returning(pattern(i)))
			}
		}
	default:
		err = errors.New("unknown role " + r.name)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// count increments the value as often as the argument says, as soon as it is
// released: all processes shall do so at the same time.
func count(t *tester, s storage.Store, args []string) error {
	t.Helper()
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	announce(t)
	<-released()
	for range n {
		if err := s.Update(t.Context(), key, increment); err != nil {
			return err
		}
	}
	return nil
}

func announce(t *tester) {
	t.Helper()
	write(t, ready)
}

func write(t *tester, line string) {
	t.Helper()
	if _, err := os.Stdout.WriteString(line); err != nil {
		t.Fatal(err)
	}
}

// released is closed when the parent closes our standard input, or dies.
func released() <-chan struct{} {
	end := make(chan struct{})
	go func() {
		defer close(end)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return end
}

// A child is the test binary, run again.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
	stderr bytes.Buffer
}

func start(t *tester, name, dir string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The subtest belongs to the suite; its parent is the test that called it.
	caller, _, _ := cutLast(t.Name(), "/")
	elements := strings.Split(caller, "/")
	for i, e := range elements {
		elements[i] = "^" + regexp.QuoteMeta(e) + "$"
	}
	argv := []string{"-test.run=" + strings.Join(elements, "/"), "-test.count=1", "-test.timeout=5m", marker, name, dir}
	c := &child{cmd: &exec.Cmd{Path: self, Args: append([]string{self}, append(argv, args...)...)}}
	// Without this a program with the race detector takes a second to end.
	c.cmd.Env = append(os.Environ(), os.ExpandEnv("GORACE=$GORACE atexit_sleep_ms=0"))
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin, c.stdout = stdin, bufio.NewReader(stdout)
	c.cmd.Stderr = &c.stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
	return c
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// awaitReady returns when the child has what its role is about.
func (c *child) awaitReady(t *tester) {
	t.Helper()
	var line string
	promptly(t, "the other process", func() {
		for line != ready {
			var err error
			if line, err = c.stdout.ReadString('\n'); err != nil {
				return
			}
		}
	})
	if line != ready {
		_ = c.cmd.Wait()
		t.Fatalf("the other process ended early: %q %s", line, c.stderr.Bytes())
	}
}

func (c *child) release(t *tester) {
	t.Helper()
	if err := c.stdin.Close(); err != nil {
		t.Fatal(err)
	}
}

func (c *child) kill(t *tester) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

// wait returns when the child has ended without an error.
func (c *child) wait(t *tester) {
	t.Helper()
	var out []byte
	var err error
	promptly(t, "the other process", func() {
		out, _ = io.ReadAll(c.stdout)
		err = c.cmd.Wait()
	})
	if err != nil {
		t.Fatalf("the other process failed: %v\n%s%s", err, out, c.stderr.Bytes())
	}
}
