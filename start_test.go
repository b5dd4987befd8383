package chatelaine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestStart_noRegexp: no package compiles a regular expression when a program starts, which every
// program that imports it would pay for. Inside a function it may, also in one for [sync.OnceValue].
func TestStart_noRegexp(t *testing.T) {
	t.Parallel()
	for name, source := range sources(t) {
		if strings.Contains(name, "testdata/") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range compiledAtStart(file) {
			t.Errorf("%s: a regular expression in the initialization of the package", set.Position(at))
		}
	}
}

// compiledAtStart returns where package regexp is called in variables and init functions.
func compiledAtStart(file *ast.File) (found []token.Pos) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && (f.Name.Name != "init" || f.Recv != nil) {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && isIdent(s.X, "regexp") {
					found = append(found, n.Pos())
				}
			}
			return true
		})
	}
	return found
}

func isIdent(e ast.Expr, name string) bool {
	x, ok := e.(*ast.Ident)
	return ok && x.Name == name
}

// TestStart_findsRegexp: the search finds what it is for, and nothing else.
func TestStart_findsRegexp(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"var x = regexp.MustCompile(`a`)": 1,
		"var a, b = []any{regexp.MustCompile(`a`)}, func() any { return regexp.MustCompile(``) }": 1,
		"func init() { x = regexp.MustCompile(`a`) }":                                             1,
		"func f() { x = regexp.MustCompile(`a`) }":                                                0,
		"var x = sync.OnceValue(func() any { return regexp.MustCompile(`a`) })":                   0,
		"var x = fmt.Sprint(1)": 0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+text, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(compiledAtStart(file)); got != want {
			t.Errorf("%s: found %d, want %d", text, got, want)
		}
	}
}
