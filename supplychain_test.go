package chatelaine_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// buildFiles returns the files that decide what CI downloads and runs.
func buildFiles(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, pattern := range []string{"Makefile", ".ci/*", ".github/workflows/*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if info, err := os.Stat(name); err != nil || info.IsDir() {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(data)
		}
	}
	if len(files) < 4 {
		t.Fatalf("only %d build files found", len(files))
	}
	return files
}

// TestSupplyChain_pinned asserts that nothing CI runs can change without a change here.
func TestSupplyChain_pinned(t *testing.T) {
	t.Parallel()
	uses := regexp.MustCompile(`uses:\s*(\S+)`)
	commit := regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40}$`)
	for name, text := range buildFiles(t) {
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			if !commit.MatchString(m[1]) {
				t.Errorf("%s: action %s is not pinned by commit", name, m[1])
			}
		}
		if strings.Contains(text, "@latest") {
			t.Errorf("%s: a tool is installed at @latest", name)
		}
		for line := range strings.Lines(text) {
			if strings.Contains(line, "npm install") {
				t.Errorf("%s: npm install ignores the lock file; use npm ci", name)
			}
			if strings.Contains(line, "npm ci") && !strings.Contains(line, "--ignore-scripts") {
				t.Errorf("%s: npm ci runs the scripts of packages", name)
			}
		}
	}
}

// TestSupplyChain_npm asserts that every npm package is locked by checksum.
func TestSupplyChain_npm(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git"):
			return fs.SkipDir
		case d.Name() != "package.json":
			return nil
		}
		found++
		checkLock(t, filepath.Join(filepath.Dir(path), "package-lock.json"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Error("no package.json found")
	}
}

func checkLock(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
		return
	}
	var lock struct {
		Packages map[string]struct {
			Integrity string `json:"integrity"`
			Link      bool   `json:"link"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for pkg, entry := range lock.Packages {
		if pkg != "" && !entry.Link && !strings.HasPrefix(entry.Integrity, "sha512-") {
			t.Errorf("%s: %s has no checksum", name, pkg)
		}
	}
}
