package idp_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// cached returns a directory of the cache that is filled by make, once for all processes. Its name
// holds a hash of the files, which are copied into it first.
func cached(t *testing.T, name string, files map[string]string, fill func(ctx context.Context, dir string) error) string {
	t.Helper()
	root := os.Getenv("CHATELAINE_IDP_CACHE")
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			unavailable(t, "no cache directory: %v", err)
		}
		root = filepath.Join(user, "chatelaine-idp")
	}
	hash := sha256.New()
	contents := make(map[string][]byte)
	for _, from := range sortedKeys(files) {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		contents[files[from]] = data
		fmt.Fprintf(hash, "%s %d %s", files[from], len(data), data)
	}
	fmt.Fprint(hash, runtime.Version())
	dir := filepath.Join(root, fmt.Sprintf("%s-%x", name, hash.Sum(nil)[:6]))
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return dir
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		unavailable(t, "the cache: %v", err)
	}
	draft, err := os.MkdirTemp(root, name+"-draft-")
	if err != nil {
		unavailable(t, "the cache: %v", err)
	}
	defer func() { _ = os.RemoveAll(draft) }()
	for to, data := range contents {
		if err := os.WriteFile(filepath.Join(draft, to), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	if err := fill(ctx, draft); err != nil {
		unavailable(t, "%s cannot be had here: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(draft, "complete"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft, dir); err != nil { // another process may have been faster
		if _, statErr := os.Stat(filepath.Join(dir, "complete")); statErr != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a command in a directory.
func run(ctx context.Context, dir, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.Join(lines[max(0, len(lines)-5):], "\n"))
	}
	return nil
}

// installing keeps tests of this process from installing the same thing side by side.
var installing sync.Mutex

// oidcProviderDir returns a directory with oidc-provider and server.mjs.
func oidcProviderDir(t *testing.T) string {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	return cached(t, "oidc-provider", map[string]string{
		"oidc/package.json": "package.json", "oidc/package-lock.json": "package-lock.json", "oidc/server.mjs": "server.mjs",
		"oidc/adapter.mjs": "adapter.mjs",
	}, func(ctx context.Context, dir string) error {
		if err := run(ctx, dir, "node", "--version"); err != nil {
			return err
		}
		return run(ctx, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	})
}

// hydraBinary returns the path of Ory Hydra.
func hydraBinary(t *testing.T) string {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	dir := cached(t, "hydra", map[string]string{"hydra/hydra.mod": "go.mod", "hydra/hydra.sum": "go.sum"},
		func(ctx context.Context, dir string) error {
			return run(ctx, dir, "go", "build", "-tags", "sqlite,sqlite_omit_load_extension", "-o", "hydra", "github.com/ory/hydra/v2")
		})
	return filepath.Join(dir, "hydra")
}
