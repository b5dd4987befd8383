package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// TestKill_get kills `demo get` at many instants, and each time the next one goes on with the session.
//
// One window is left, which no client can close: between the server's rotation and our save. The server's grace for the parent
// token covers it, as Auth0's and Supabase's do.
func TestKill_get(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{ReuseGrace: time.Minute})
	t.Cleanup(server.Close)
	dir := t.TempDir()
	passphrase := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(passphrase, []byte("correct horse battery staple"), 0o600); err != nil {
		t.Fatal(err)
	}
	demo := func(stdin string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "demo", append(args,
			"--dir", dir, "--base-url", server.URL, "--backend", "file", "--passphrase-file", passphrase, "--no-input")...)
		cmd.Env = append(os.Environ(), "DBUS_SESSION_BUS_ADDRESS=disabled:")
		cmd.Stdin = bytes.NewBufferString(stdin)
		return cmd
	}
	if out, err := demo("wonderland\n", "login", "--password-stdin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	begin := time.Now()
	if out, err := demo("", "get", "/me").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	whole := time.Since(begin) // of one command: the kills are spread over it
	killed := 0
	for i := range kills {
		server.ExpireAccess()
		cmd := demo("", "get", "/me")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(whole*time.Duration(i+1)/kills, func() { _ = cmd.Process.Kill() })
		if cmd.Wait() != nil {
			killed++
		}
		timer.Stop()
		if out, err := demo("", "get", "/me").CombinedOutput(); err != nil {
			t.Fatalf("after kill %d: %v\n%s%v", i, err, out, server.Timeline())
		}
	}
	if killed == 0 {
		t.Error("every process was done before it was killed")
	}
	t.Logf("%d of %d processes were killed, spread over %v", killed, kills, whole)
	if n := server.Stats().Logins; n != 1 {
		t.Errorf("%d logins", n)
	}
}
