package chatelaine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples asserts that an Example of its package uses every exported function, but for those
// that are listed here with a reason.
func TestExamples(t *testing.T) {
	t.Parallel()
	without := map[string]string{
		"auth/authtest.Start":              "NewServer that returns its error",
		"auth/dpop.ParseKey":               "for stores of keys; Key has the Example",
		"auth/login.OpenBrowser":           "opens a browser",
		"interceptor.KindOf":               "Error.Kind holds it",
		"interceptor/idempotency.From":     "reads what With stores",
		"interceptor/redact.IsJSON":        "for interceptors that show bodies",
		"interceptor/requestid.From":       "reads what With stores",
		"storage/keyring.PassphraseEnv":    "is used like PassphraseFile",
		"storage/keyring.PassphraseFD":     "is used like PassphraseFile",
		"storage/keyring.PassphrasePrompt": "needs a terminal",
		"storage/lease.NewFence":           "for backends of databases",
		"storage/storagetest.Run":          "needs a testing.T",
		"storage/storagetest.RunFleet":     "needs a testing.T",
		"storage/storagetest.RunShared":    "needs a testing.T",
	}
	for _, dir := range []string{
		"auth", "auth/authtest", "auth/dpop", "auth/login", "chain", "interceptor", "interceptor/har",
		"interceptor/idempotency", "interceptor/logging", "interceptor/progress", "interceptor/redact",
		"interceptor/requestid", "interceptor/retry", "storage", "storage/keyring", "storage/lease",
		"storage/sqlstore", "storage/storagetest",
	} {
		functions, used := exportedFunctions(t, dir)
		for _, name := range functions {
			if _, ok := without[dir+"."+name]; !ok && !used[name] {
				t.Errorf("%s.%s is in no Example: add one, or list it here with a reason", dir, name)
			}
		}
	}
}

// exportedFunctions returns the exported functions of a package, and the names that its Examples
// use.
func exportedFunctions(t *testing.T, dir string) (functions []string, used map[string]bool) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(files), err)
	}
	used = make(map[string]bool)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok || f.Recv != nil:
			case !strings.HasSuffix(name, "_test.go"):
				if f.Name.IsExported() {
					functions = append(functions, f.Name.Name)
				}
			case strings.HasPrefix(f.Name.Name, "Example"):
				ast.Inspect(f, func(n ast.Node) bool {
					if s, ok := n.(*ast.SelectorExpr); ok {
						used[s.Sel.Name] = true
					}
					return true
				})
			}
		}
	}
	return functions, used
}
