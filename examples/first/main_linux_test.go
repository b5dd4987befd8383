package main_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/internal/testserver"
)

// desktop makes a desktop session with a keyring the environment of this process and its children.
func desktop(t *testing.T) {
	t.Helper()
	for _, variable := range testserver.Desktop(t) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}

// await runs a program until it prints want.
func await(t *testing.T, want, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if strings.Contains(string(out), want) {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

// build compiles the program as it stands, for the test server.
func build(t *testing.T, url string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "myprogram")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X main.api="+url, "-o", exe, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// TestProgram runs the README's first program as a user does: as processes, one after the other,
// many at once, and interrupted at random instants. The server rotates strictly, so a refresh token
// that is spent twice, or lost, would end the session.
func TestProgram(t *testing.T) {
	server := authtest.NewServer(authtest.Config{})
	t.Cleanup(server.Close)
	exe := build(t, server.URL)
	desktop(t)
	run := func(t *testing.T, stdin string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), exe, args...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("myprogram %s: %v\n%s", args, err, out)
		}
		return string(out)
	}
	alive := func(t *testing.T) {
		t.Helper()
		if out := run(t, ""); !strings.Contains(out, authtest.DefaultUser) {
			t.Fatalf("myprogram: %s", out)
		}
		if n := server.Stats().Reuses; n != 0 {
			t.Fatalf("%d refresh tokens were spent twice", n)
		}
	}

	await(t, "run myprogram login", exe) // the keyring can be reached, and there is no session
	run(t, authtest.DefaultPassword+"\n", "login", authtest.DefaultUser)

	t.Run("again", func(t *testing.T) {
		before := server.Stats().Refreshes
		for range 3 {
			server.ExpireAccess()
			alive(t)
		}
		if n := server.Stats().Refreshes - before; n != 3 {
			t.Errorf("%d refreshes for 3 expiries", n)
		}
	})
	t.Run("at once", func(t *testing.T) {
		server.ExpireAccess()
		before := server.Stats().Refreshes
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() { run(t, "") })
		}
		all.Wait()
		if n := server.Stats().Refreshes - before; n != 1 {
			t.Errorf("%d refreshes for one expiry, by six processes", n)
		}
		alive(t)
	})
	t.Run("interrupted", func(t *testing.T) {
		began := time.Now()
		alive(t)
		usual := time.Since(began)
		for range 100 {
			server.ExpireAccess()
			interrupt(t, exe, rand.N(usual+usual/4))
		}
		server.ExpireAccess()
		alive(t)
	})
}

// interrupt sends SIGINT to the program after a while. Whatever it was doing, it must end.
func interrupt(t *testing.T, exe string, after time.Duration) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Signal(syscall.SIGINT) })
	defer timer.Stop()
	err := cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "login required") {
		t.Fatalf("interrupted after %v, the session is gone: %s", after, out.String())
	}
}
