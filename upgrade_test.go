package chatelaine_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// firstDemo is the commit that brought the demo, and with it the first stored session.
const firstDemo = "f99e8fcafa18c4b8e07791b98b65fc7ba7e83957"

// TestUpgrade lets the first commit's program and today's library share one store: the library goes
// on with the program's session, and the program refuses what is newer than it and loses nothing. It
// builds the old program, so it runs where CHATELAINE_UPGRADE is set.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	if os.ExpandEnv("$CHATELAINE_UPGRADE") == "" {
		t.Skip("CHATELAINE_UPGRADE is not set; make upgrade sets it")
	}
	old := buildOld(t)
	url := serveOld(t, old)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), old, append(args, "--dir", dir, "--base-url", url)...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("demo %s of the first commit: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("wonderland\n", "login", "--user", "alice", "--password-stdin")

	// Today's library continues the session that the old program began …
	profile := filepath.Join(dir, "default")
	store, err := keyring.Open(t.Context(), keyring.Config{
		Service: "chatelaine-demo", Backend: "file", Dir: profile,
		Passphrase: keyring.PassphraseFile(filepath.Join(profile, "passphrase")),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	session, err := auth.New(auth.Config{
		BaseURL: url, Store: store, Refresher: auth.JSONRefresher{URL: "/auth/refresh"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(t.Context())
	client := &http.Client{Transport: chain.New(session).Transport(nil)}
	get := func() {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/me", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d", resp.StatusCode)
		}
	}
	get()
	if _, err := session.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	// … the old program does not know the format it was written in since, says so, and leaves it …
	cmd := exec.CommandContext(t.Context(), old, "get", "/me", "--dir", dir, "--base-url", url)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "written by a newer version") {
		t.Errorf("demo get of the first commit: %v, %s", err, out)
	}
	// … and today's library after that.
	get()
	if _, err := session.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// buildOld builds the demo of the first commit, outside of this module.
func buildOld(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	src, exe := filepath.Join(dir, "src"), filepath.Join(dir, "demo")
	for _, args := range [][]string{
		{"git", "clone", "-q", "--no-checkout", ".", src},
		{"git", "-C", src, "checkout", "-q", firstDemo},
		{"go", "build", "-C", src, "-o", exe, "./cmd/demo"},
	} {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v (is the history complete?)\n%s", args, err, out)
		}
	}
	return exe
}

// serveOld starts the old server and returns its URL.
func serveOld(t *testing.T, demo string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), demo, "serve", "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(lines.Text()); url != "" {
			return url
		}
	}
	t.Fatal("the old server told no URL")
	return ""
}
