package interop_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocs: every test that docs/interop.md names exists, and its versions are those the tests run
// with.
func TestDocs(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/interop.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, pattern := range []string{"*_test.go", "../interceptor/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(data)
		}
	}
	names := regexp.MustCompile("`((?:Test|Example)\\w+)`").FindAllStringSubmatch(string(doc), -1)
	if len(names) < 15 {
		t.Fatalf("%d tests are named", len(names))
	}
	for _, name := range names {
		if !strings.Contains(tests.String(), "func "+name[1]+"(") {
			t.Errorf("%s does not exist", name[1])
		}
	}
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\S+)[^|]*\| (v[\d.]+)`).FindAllStringSubmatch(string(doc), -1)
	if len(rows) < 7 {
		t.Fatalf("%d versions", len(rows))
	}
	for _, row := range rows {
		path := regexp.QuoteMeta(row[1])
		path = strings.ReplaceAll(path, "…", ".*")
		if !regexp.MustCompile(`(?m)^\s` + path + " " + regexp.QuoteMeta(row[2]) + "$").Match(module) {
			t.Errorf("%s is not %s in go.mod", row[1], row[2])
		}
	}
}
