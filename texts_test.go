package chatelaine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// configuring are the functions that check a configuration. What they return reaches the programmer
// at the first start of a program, and names the entry. Everything else may reach an end user, who
// cannot change a field.
var configuring = map[string][]string{
	"auth":             {"checkDurations", "checkOrigins", "configure", "Resolve", "NewSessions"},
	"auth/dpop":        {},
	"auth/login":       {"check", "PrivateKeyJWT", "algorithmOf", "redirect", "Device"},
	"storage":          {"OpenSealed", "Seal", "opened"},
	"storage/keyring":  {"complete"},
	"storage/lease":    {"checked"},
	"storage/sqlstore": {"check"},
}

// TestTexts_noFields asserts that error texts that reach end users give no advice about fields and
// functions of Go. Such advice is in the documentation of the error, or in a log record.
func TestTexts_noFields(t *testing.T) {
	t.Parallel()
	for dir, functions := range configuring {
		allowed := make(map[string]bool)
		for _, name := range functions {
			allowed[name] = true
		}
		files := parsed(t, dir)
		names := exportedNames(files)
		leaves, err := filepath.Glob(filepath.Join(dir, "internal", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, leaf := range leaves {
			files = append(files, parsed(t, leaf)...)
		}
		found := make(map[string]bool)
		for _, file := range files {
			for _, d := range file.Decls {
				name := "var"
				if f, ok := d.(*ast.FuncDecl); ok {
					name = f.Name.Name
				}
				for _, text := range errorTexts(d) {
					word := goWord(text, names)
					switch {
					case word == "":
					case allowed[name]:
						found[name] = true
					default:
						t.Errorf("%s, %s: %q speaks of %s", dir, name, text, word)
					}
				}
			}
		}
		for name := range allowed {
			if !found[name] {
				t.Errorf("%s: %s names no entry; remove it from this test", dir, name)
			}
		}
	}
}

// parsed returns the files of a package, without its tests.
func parsed(t *testing.T, dir string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has no files: %v", dir, err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

// exportedNames returns the names of exported fields, functions and types that no English word is
// spelled like.
func exportedNames(files []*ast.File) map[string]bool {
	names := make(map[string]bool)
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field:
				for _, id := range n.Names {
					names[id.Name] = true
				}
			case *ast.TypeSpec:
				names[n.Name.Name] = true
			case *ast.FuncDecl:
				names[n.Name.Name] = true
			}
			return true
		})
	}
	return names
}

// errorTexts returns the string literals of a declaration that errors are made of.
func errorTexts(d ast.Decl) []string {
	var texts []string
	ast.Inspect(d, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || f.Sel.Name != "Errorf" && f.Sel.Name != "New" {
			return true
		}
		for _, arg := range call.Args {
			ast.Inspect(arg, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, err := strconv.Unquote(lit.Value); err == nil {
						texts = append(texts, text)
					}
				}
				return true
			})
		}
		return true
	})
	return texts
}

var (
	qualified = regexp.MustCompile(`(?:^|[^%\w])[A-Z]\w*\.[A-Z]\w*`) // not %T.Name
	camelCase = regexp.MustCompile(`\b[A-Z][a-z]+[A-Z]\w*|\b[A-Z]+[a-z]+[A-Z]\w*`)
	setting   = regexp.MustCompile(`\b[A-Z][a-z]+ setting\b`)
)

// goWord returns a word of the text that only programmers know.
func goWord(text string, names map[string]bool) string {
	if word := qualified.FindString(text); word != "" {
		return strings.TrimSpace(word)
	}
	if word := setting.FindString(text); word != "" {
		return strings.TrimSpace(word)
	}
	for _, word := range camelCase.FindAllString(text, -1) {
		if names[word] {
			return strings.TrimSpace(word)
		}
	}
	return ""
}
