package chatelaine_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestREADME_example: the first Go block is cut out of the Example, line by line.
func TestREADME_example(t *testing.T) {
	t.Parallel()
	_, rest, ok := strings.Cut(readFile(t, "README.md"), "```go\n")
	block, _, _ := strings.Cut(rest, "```")
	if !ok || strings.Count(block, "\n") < 10 {
		t.Fatal("the example is missing")
	}
	example := make(map[string]bool)
	for line := range strings.Lines(readFile(t, "example_test.go")) {
		example[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(block) {
		if line = strings.TrimSpace(line); line != "" && !example[line] {
			t.Errorf("not in example_test.go: %s", line)
		}
	}
}

// TestREADME_tests: every test that the documents name exists.
func TestREADME_tests(t *testing.T) {
	t.Parallel()
	exists := make(map[string]bool)
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Example|Benchmark)\w+)\(`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, m := range function.FindAllStringSubmatch(readFile(t, path), -1) {
			exists[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllStringSubmatch(readFile(t, "README.md"), -1)
	if len(named) < 20 {
		t.Fatalf("README.md names %d tests", len(named))
	}
	for _, m := range named {
		if !exists[m[1]] {
			t.Errorf("README.md names %s, which does not exist", m[1])
		}
	}
}

// TestREADME_links: what the documents link to inside the repository is there.
func TestREADME_links(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(docs, "README.md", "CONTRIBUTING.md", "CHANGELOG.md") {
		for _, m := range link.FindAllStringSubmatch(readFile(t, doc), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s: dead link %s", doc, m[1])
			}
		}
	}
}
