//go:build unix

package keyring_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newPassStore makes a home directory with a gpg key and a password store. A key with a passphrase
// cannot be used, because there is no user to enter it.
func newPassStore(t *testing.T, passphrase string) (env []string) {
	t.Helper()
	for _, program := range []string{"pass", "gpg", "gpgconf"} {
		if _, err := exec.LookPath(program); err != nil {
			lacking(t, program+" is not installed")
		}
	}
	home := t.TempDir()
	env = []string{
		"HOME=" + home, "GNUPGHOME=" + filepath.Join(home, ".gnupg"), "PASSWORD_STORE_DIR=" + filepath.Join(home, "store"),
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "GPG_TTY=", "DISPLAY=", "XDG_RUNTIME_DIR=",
	}
	if err := os.Mkdir(filepath.Join(home, ".gnupg"), 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
		cmd.Env, cmd.WaitDelay = append(os.Environ(), env...), time.Second
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
	}
	t.Cleanup(func() { run("gpgconf", "--kill", "all") })
	run("gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase, "--quick-gen-key", "ci@example.invalid", "ed25519", "sign", "never")
	run("gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase, "--quick-add-key", fingerprint(t, env), "cv25519", "encr", "never")
	run("pass", "init", "ci@example.invalid")
	// The agent forgets the passphrase with which the key was made.
	run("gpgconf", "--kill", "gpg-agent")
	return env
}

func fingerprint(t *testing.T, env []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "gpg", "--batch", "--with-colons", "--list-keys")
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range lines(string(out), "fpr:") {
		return strings.Split(line, ":")[9]
	}
	t.Fatalf("no fingerprint in %s", out)
	return ""
}

func TestPass(t *testing.T) {
	t.Parallel()
	env := newPassStore(t, "")
	dir := t.TempDir()
	wantSaid(t, output(t, env, "put", "pass", dir, "value 1"), "backend: pass", "done")
	wantSaid(t, output(t, env, "get", "", dir), "value: value 1", "done")
	wantSaid(t, output(t, env, "diagnose", dir), "pass: usable true, selected true")
	store := strings.TrimPrefix(env[2], "PASSWORD_STORE_DIR=")
	if entries := entries(t, store); len(entries) != 1 {
		t.Errorf("%q in the password store, want the key and no test entry", entries)
	}
	wantSaid(t, output(t, env, "purge", "", dir), "done")
	if entries := entries(t, store); len(entries) != 0 {
		t.Errorf("after Purge: %q", entries)
	}
}

func entries(t *testing.T, store string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(store, "*", "*.gpg"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// The entry is deleted, cut short or replaced.
func TestPassDamaged(t *testing.T) {
	t.Parallel()
	env := newPassStore(t, "")
	dir := t.TempDir()
	store := strings.TrimPrefix(env[2], "PASSWORD_STORE_DIR=")
	wantSaid(t, output(t, env, "put", "pass", dir, "value"), "done")
	entry := entries(t, store)[0]
	whole, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	for what, damage := range map[string]func() error{
		"empty":   func() error { return os.Truncate(entry, 0) },
		"half":    func() error { return os.Truncate(entry, int64(len(whole)/2)) },
		"deleted": func() error { return os.Remove(entry) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		for _, role := range []string{"get", "put"} {
			out := output(t, env, role, "", dir, "value 2")
			wantSaid(t, out, "error: ")
			wantNotSaid(t, out, "done", "not exist")
			if what == "deleted" {
				wantSaid(t, out, "encryption key missing")
			}
		}
		if err := os.WriteFile(entry, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		wantSaid(t, output(t, env, "get", "", dir), "value: value", "done")
	}
}

// A gpg key that cannot be unlocked causes an error in bounded time, and leaves nothing behind that
// is in the way once it can be.
func TestPassLocked(t *testing.T) {
	t.Parallel()
	env := append(newPassStore(t, "secret of the user"), "CHATELAINE_TEST_TIMEOUT=5s")
	dir := t.TempDir()
	for range 2 {
		out := output(t, env, "put", "pass", dir, "value")
		wantSaid(t, out, "error: keyring: unavailable: pass")
		wantNotSaid(t, out, "not exist", "done")
	}
	out := output(t, env, "diagnose", dir)
	wantSaid(t, out, "pass: usable false", "pass show works")
	file := "file"
	wantSaid(t, output(t, env, "put", file, dir, "value"), "backend: file", "done")
}

func TestPassMissing(t *testing.T) {
	t.Parallel()
	none := []string{"PATH=" + t.TempDir(), "HOME=" + t.TempDir(), "PASSWORD_STORE_DIR="}
	out := output(t, none, "put", "pass", t.TempDir(), "value")
	wantSaid(t, out, "error: keyring: unavailable: pass: the program pass is not installed")
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "pass"), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	out = output(t, append(none, "PATH="+bin), "put", "pass", t.TempDir(), "value")
	wantSaid(t, out, "error: keyring: unavailable: pass: the password store has not been initialized")
}

func TestPassConformance(t *testing.T) {
	t.Parallel()
	underSession(t, newPassStore(t, ""), "pass")
}

func TestPassKilled(t *testing.T) {
	t.Parallel()
	underSession(t, newPassStore(t, ""), "pass", "kills")
}
