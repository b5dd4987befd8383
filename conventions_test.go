package chatelaine_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestConventions_nolint asserts that a comment that switches a linter off stays an exception, and
// explains itself. A rule that does not fit a whole kind of files has an exclusion in .golangci.yml.
func TestConventions_nolint(t *testing.T) {
	t.Parallel()
	const most = 9
	var found []string
	const directive = "//" + "nolint"
	explained := regexp.MustCompile(`^:[a-z,]+ // \S`)
	for name, source := range sources(t) {
		for line := range strings.Lines(source) {
			_, rest, ok := strings.Cut(line, directive)
			if !ok {
				continue
			}
			found = append(found, name)
			if !explained.MatchString(rest) {
				t.Errorf("%s: %q needs the name of a linter and a reason", name, strings.TrimSpace(line))
			}
		}
	}
	if len(found) > most {
		t.Errorf("%d comments switch a linter off; want at most %d:\n%s", len(found), most, strings.Join(found, "\n"))
	}
}

// sources returns the Go files of all modules of the repository, by name.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		data, err := os.ReadFile(path)
		files[filepath.ToSlash(path)] = string(data)
		return err
	})
	if err != nil || len(files) < 100 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	return files
}
