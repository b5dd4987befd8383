package chatelaine_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// program is the README's first program.
const program = "examples/first/main.go"

// TestREADME_program asserts that the README's first program is the one that TestProgram runs, and
// that the lengths it claims are true.
func TestREADME_program(t *testing.T) {
	t.Parallel()
	text := readFile(t, "README.md")
	_, source, _ := strings.Cut(readFile(t, program), "\n") // without its comment
	if !strings.Contains(text, "```go\n"+strings.TrimSpace(source)+"\n```") {
		t.Errorf("README.md does not show %s", program)
	}
	for file, claim := range map[string]string{
		program:                   "(examples/first/main.go), %d lines of code",
		"examples/before/main.go": "(examples/before/main.go) takes %d lines",
	} {
		if claim = fmt.Sprintf(claim, linesOfCode(readFile(t, file))); !strings.Contains(strings.Join(strings.Fields(text), " "), claim) {
			t.Errorf("README.md does not say %q", claim)
		}
	}
}

// linesOfCode counts the lines that are neither blank nor comments.
func linesOfCode(source string) int {
	n := 0
	for line := range strings.Lines(source) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			n++
		}
	}
	return n
}

// TestREADME_code asserts that every Go block is cut out of an Example, or the first program, line
// by line.
func TestREADME_code(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	examples := make(map[string]string)
	for _, name := range append(files, program, filepath.Join("interceptor", "example_test.go")) {
		for line := range strings.Lines(readFile(t, name)) {
			examples[name] += strings.TrimSpace(line) + "\n"
		}
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readFile(t, "README.md"), -1)
	if len(blocks) < 5 {
		t.Fatalf("README.md has %d Go blocks", len(blocks))
	}
	for _, block := range blocks {
		if !cutOut(examples, block[1]) {
			t.Errorf("in no file of examples:\n%s", block[1])
		}
	}
}

// cutOut reports whether all lines of the block are in one of the texts, in order.
func cutOut(texts map[string]string, block string) bool {
	for _, text := range texts {
		found := true
		for line := range strings.Lines(block) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			_, rest, ok := strings.Cut("\n"+text, "\n"+line+"\n")
			found, text = found && ok, rest
		}
		if found {
			return true
		}
	}
	return false
}

// TestREADME_setup asserts that there are two commands to start with, after the one that adds the
// library to a program. The demo's own test runs the tour, and CI the tests.
func TestREADME_setup(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)\n```").FindAllStringSubmatch(readFile(t, "README.md"), -1)
	want := []string{"go get github.com/chatelaine-go/chatelaine", "go run ./cmd/demo tour", "go test ./..."}
	var got []string
	for _, block := range blocks {
		got = append(got, block[1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !regexp.MustCompile(`(?m)^test:.*\n\tgo test \./\.{3}$`).MatchString(readFile(t, "Makefile")) {
		t.Error("make test is another command than that of the README")
	}
}

// TestREADME_tests asserts that every test that the README and the guides name exists.
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
	docs, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(docs, "README.md") {
		named := regexp.MustCompile("`((?:Test|Fuzz|Example)_?[A-Za-z]\\w+)`").FindAllStringSubmatch(readFile(t, doc), -1)
		if doc == "README.md" && len(named) < 20 {
			t.Fatalf("README.md names %d tests", len(named))
		}
		for _, m := range named {
			if !exists[m[1]] {
				t.Errorf("%s names %s, which does not exist", doc, m[1])
			}
		}
	}
}

// TestREADME_guarantees asserts that each guarantee names a test that runs a program as a user
// would write it.
func TestREADME_guarantees(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(readFile(t, "README.md"), "## Guarantees\n")
	text, _, _ = strings.Cut(text, "\n## ")
	rows := regexp.MustCompile(`(?m)^\d+\. (?:.*\n)(?: {3}.*\n)*`).FindAllString(text, -1)
	if len(rows) < 17 {
		t.Fatalf("%d guarantees", len(rows))
	}
	program := regexp.MustCompile("`(?:TestPrograms_\\w+|TestProgram|TestKill_\\w+|TestInterrupt_\\w+|Example_dioTutorial)`")
	for _, row := range rows {
		if !program.MatchString(row) {
			t.Errorf("no program runs for: %s", row)
		}
	}
}

// TestREADME_links asserts that every relative link of the documents leads to a file, and to a
// heading of it if the link names one.
func TestREADME_links(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]+)?\)`)
	for doc, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, heading := filepath.Join(filepath.Dir(doc), m[1]), m[2]
			if m[1] == "" {
				target = doc
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: dead link %s", doc, m[1])
			} else if heading != "" && !slices.Contains(anchors(readFile(t, target)), heading) {
				t.Errorf("%s: no heading for the link %s%s", doc, m[1], heading)
			}
		}
	}
}

// TestREADME_linksList asserts that the README's list of links, which pkg.go.dev shows beside the
// documentation, has every guide and every document.
func TestREADME_linksList(t *testing.T) {
	t.Parallel()
	_, list, _ := strings.Cut(readFile(t, "README.md"), "\n## Links\n")
	list, _, _ = strings.Cut(list, "\n## ")
	for doc := range documents(t) {
		if strings.HasPrefix(doc, "testdata") || doc == "README.md" {
			continue
		}
		if !strings.Contains(list, "]("+doc+")\n") {
			t.Errorf("the list Links lacks %s", doc)
		}
	}
}

// TestChangelog_once asserts that no entry of the changelog stands there twice. Git merges the file
// by keeping the lines of both sides, so an entry that one of them has wrapped anew is kept twice.
func TestChangelog_once(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, entry := range strings.Split(readFile(t, "CHANGELOG.md"), "\n- ")[1:] {
		entry, _, _ = strings.Cut(entry, "\n\n")
		words := strings.Join(strings.Fields(entry), " ")
		if seen[words] {
			t.Errorf("twice: %s", words)
		}
		seen[words] = true
	}
	if len(seen) < 10 {
		t.Fatalf("found %d entries", len(seen))
	}
}

// documents returns the Markdown files of the repository by name, without their blocks of code.
func documents(t *testing.T) map[string]string {
	t.Helper()
	code := regexp.MustCompile("(?s)```.*?```")
	texts := make(map[string]string)
	for _, pattern := range []string{"*.md", "docs/*.md", "testdata/*/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			texts[filepath.ToSlash(name)] = code.ReplaceAllString(readFile(t, name), "")
		}
	}
	return texts
}

// anchors returns the fragments under which GitHub shows the headings of a document.
func anchors(text string) []string {
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^#+ +(.*)$`).FindAllStringSubmatch(text, -1) {
		name := dropped.ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, "#"+strings.ReplaceAll(name, " ", "-"))
	}
	return all
}
