package chatelaine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A pkg is one package: its files, and those of its tests.
type pkg struct {
	dir, name    string
	files, tests []*ast.File
}

// public reports whether other modules can import the package, and would.
func (p pkg) public() bool {
	first, _, _ := strings.Cut(p.dir, "/")
	return p.name != "main" && p.dir != "." && !strings.Contains("/"+p.dir+"/", "/internal/") &&
		!slices.Contains([]string{"cmd", "examples", "interop"}, first)
}

// packages returns the packages of all modules.
func packages(t *testing.T) map[string]*pkg {
	t.Helper()
	all := make(map[string]*pkg)
	for name, source := range sources(t) {
		if strings.Contains(name, "testdata/") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(name)
		if all[dir] == nil {
			all[dir] = &pkg{dir: dir}
		}
		if strings.HasSuffix(name, "_test.go") {
			all[dir].tests = append(all[dir].tests, f)
			continue
		}
		all[dir].name = f.Name.Name
		all[dir].files = append(all[dir].files, f)
	}
	return all
}

// TestConventions_headings asserts that the comments of all public packages have the same headings.
func TestConventions_headings(t *testing.T) {
	t.Parallel()
	for dir, p := range packages(t) {
		if p.name == "" || !p.public() {
			continue
		}
		var doc strings.Builder
		for _, f := range p.files {
			doc.WriteString(f.Doc.Text())
		}
		has := func(heading string) bool { return strings.Contains(doc.String(), "\n\n# "+heading+"\n\n") }
		if !has("Usage") && !has("Order") {
			t.Errorf("%s: the package comment has neither # Usage nor # Order", dir)
		}
		for _, heading := range []string{"Errors", "Concurrency", "Security"} {
			if !has(heading) {
				t.Errorf("%s: the package comment has no # %s", dir, heading)
			}
		}
	}
}

// TestConventions_sentinels asserts that the text of every exported error begins with the name of its
// package, also where it is declared in an internal one.
func TestConventions_sentinels(t *testing.T) {
	t.Parallel()
	all := packages(t)
	found := 0
	for dir, p := range all {
		if !p.public() {
			continue
		}
		for name, value := range variables(p) {
			if !strings.HasPrefix(name, "Err") {
				continue
			}
			found++
			if s, ok := value.(*ast.SelectorExpr); ok {
				if from, ok := s.X.(*ast.Ident); ok && all[dir+"/internal/"+from.Name] != nil {
					value = variables(all[dir+"/internal/"+from.Name])[s.Sel.Name]
				}
			}
			if lit, ok := value.(*ast.CompositeLit); ok {
				if of, ok := lit.Type.(*ast.Ident); ok {
					value = errorMethod(p, of.Name)
				}
			}
			if text := firstText(value); !strings.HasPrefix(text, p.name+": ") {
				t.Errorf("%s.%s is %q; want it to begin with %q", dir, name, text, p.name+": ")
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d errors were found", found)
	}
}

// variables returns the values of the package's variables.
func variables(p *pkg) map[string]ast.Expr {
	values := make(map[string]ast.Expr)
	for _, f := range p.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
					for i, id := range v.Names {
						values[id.Name] = v.Values[i]
					}
				}
			}
		}
	}
	return values
}

// errorMethod returns the method Error of a type, as an expression.
func errorMethod(p *pkg, of string) ast.Expr {
	for _, f := range p.files {
		for _, d := range f.Decls {
			m, ok := d.(*ast.FuncDecl)
			if !ok || m.Name.Name != "Error" || m.Recv == nil {
				continue
			}
			if id, ok := m.Recv.List[0].Type.(*ast.Ident); ok && id.Name == of {
				return &ast.FuncLit{Type: m.Type, Body: m.Body}
			}
		}
	}
	return nil
}

// firstText returns the first string in an expression, or "".
func firstText(e ast.Expr) (text string) {
	if e == nil {
		return ""
	}
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && text == "" && lit.Kind == token.STRING {
			text, _ = strconv.Unquote(lit.Value)
		}
		return text == ""
	})
	return text
}
