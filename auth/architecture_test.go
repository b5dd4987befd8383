package auth_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestArchitecture_files: every Go file that docs/architecture.md names exists.
func TestArchitecture_files(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range regexp.MustCompile(`[\w/]+\.go\b`).FindAllString(string(data), -1) {
		found++
		if _, err := os.Stat(name); err == nil { // the tables of auth name files within it
			continue
		}
		if _, err := os.Stat(filepath.Join("..", name)); err != nil {
			t.Errorf("docs/architecture.md: %v", err)
		}
	}
	if found < 30 {
		t.Errorf("only %d files are named", found)
	}
}

// TestArchitecture_complete: docs/architecture.md names every file and every leaf of the package,
// and the functions that it places in a file are there.
func TestArchitecture_complete(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rooms, has := strings.Cut(string(data), "## The rooms of auth")
	if !has {
		t.Fatal("docs/architecture.md has no rooms of auth")
	}
	files := production(t)
	for name := range files {
		if !regexp.MustCompile(`(^|[^/\w])` + regexp.QuoteMeta(name)).MatchString(rooms) {
			t.Errorf("docs/architecture.md does not name %s", name)
		}
	}
	leaves, err := os.ReadDir("internal")
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range leaves {
		if !strings.Contains(rooms, "\n| "+leaf.Name()+" |") {
			t.Errorf("docs/architecture.md has no row for auth/internal/%s", leaf.Name())
		}
	}
	found := 0
	for _, m := range regexp.MustCompile("`auth/(\\w+\\.go)` \\(`(\\w+)`|`(\\w+)` in (\\w+\\.go)").FindAllStringSubmatch(rooms, -1) {
		file, name := m[1]+m[4], m[2]+m[3]
		found++
		if f := files[file]; f == nil || !declares(f, name) {
			t.Errorf("docs/architecture.md places %s in %s, which does not declare it", name, file)
		}
	}
	if found < 5 {
		t.Errorf("only %d functions are placed", found)
	}
}

// declares reports whether a file has a function or method of that name.
func declares(file *ast.File, name string) bool {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == name {
			return true
		}
	}
	return false
}

// production parses the package without its tests.
func production(t *testing.T) map[string]*ast.File {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]*ast.File)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = parser.ParseFile(gotoken.NewFileSet(), name, nil, parser.ParseComments); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestArchitecture_mutex: a mutex is locked only in the files of the type that owns it, by its
// methods.
func TestArchitecture_mutex(t *testing.T) {
	t.Parallel()
	owners := map[string]int{}
	for name, file := range production(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "mu" {
				return true
			}
			owners[name]++
			if x, ok := sel.X.(*ast.Ident); !ok || x.Name == "a" {
				t.Errorf("%s: a mutex of another type is locked", name)
			}
			return true
		})
	}
	for _, name := range []string{"journal.go", "mint.go", "sessions_pool.go", "state.go", "state_login.go"} {
		if owners[name] == 0 {
			t.Errorf("%s locks nothing", name)
		}
		delete(owners, name)
	}
	for name := range owners {
		t.Errorf("%s locks a mutex", name)
	}
}

// TestArchitecture_imports: auth knows neither resty nor chain nor storage, and its leaves know the
// standard library and each other.
func TestArchitecture_imports(t *testing.T) {
	t.Parallel()
	const module = `"github.com/chatelaine-go/chatelaine/`
	for name, file := range production(t) {
		for _, imported := range file.Imports {
			path := imported.Path.Value
			if strings.HasPrefix(path, module) && !strings.HasPrefix(path, module+`auth/internal/`) && !strings.HasPrefix(path, module+`internal/`) &&
				path != module+`interceptor"` || strings.Contains(path, "resty") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
	err := filepath.WalkDir("internal", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imported := range file.Imports {
			leaf := strings.HasPrefix(imported.Path.Value, module+`auth/internal/`) || strings.HasPrefix(imported.Path.Value, module+`internal/`)
			if strings.Contains(imported.Path.Value, ".") && !leaf {
				t.Errorf("%s imports %s", path, imported.Path.Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestArchitecture_sizes: small files, here and in the packages below.
func TestArchitecture_sizes(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		if lines := strings.Count(string(data), "\n"); lines > 220 {
			t.Errorf("%s has %d lines; split it", path, lines)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
