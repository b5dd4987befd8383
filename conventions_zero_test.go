package chatelaine_test

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

// TestConventions_zeroValues asserts that a test with "zeroValue" in its name makes the zero value of
// every exported struct, unless the struct's documentation says that it is not usable.
func TestConventions_zeroValues(t *testing.T) {
	t.Parallel()
	all := packages(t)
	tested := make(map[string]bool)
	for _, p := range all {
		for _, f := range p.tests {
			zeroValues(p.name, f, tested)
		}
	}
	unusable := regexp.MustCompile(`\bzero\s+value\s+is\s+not\s+usable\b`)
	found := 0
	for dir, p := range all {
		if !p.public() {
			continue
		}
		for name, doc := range structs(p) {
			found++
			if unusable.MatchString(doc) {
				continue
			}
			if !tested[p.name+"."+name] {
				t.Errorf("%s.%s: no test of its zero value", dir, name)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d structs were found", found)
	}
}

// structs returns the documentation of the exported structs of a package, by name.
func structs(p *pkg) map[string]string {
	docs := make(map[string]string)
	for _, f := range p.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				if s, ok := s.(*ast.TypeSpec); ok && s.Name.IsExported() {
					if _, ok := s.Type.(*ast.StructType); ok {
						docs[s.Name.Name] = g.Doc.Text() + s.Doc.Text()
					}
				}
			}
		}
	}
	return docs
}

// zeroValues adds the types whose zero value the tests for that in a file make.
func zeroValues(own string, f *ast.File, types map[string]bool) {
	add := func(e ast.Expr) {
		switch e := e.(type) {
		case *ast.Ident:
			types[own+"."+e.Name] = true
		case *ast.SelectorExpr:
			if from, ok := e.X.(*ast.Ident); ok {
				types[from.Name+"."+e.Sel.Name] = true
			}
		}
	}
	for _, d := range f.Decls {
		test, ok := d.(*ast.FuncDecl)
		if !ok || !strings.Contains(strings.ToLower(test.Name.Name), "zerovalue") {
			continue
		}
		ast.Inspect(test, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if len(n.Elts) == 0 {
					add(n.Type)
				}
			case *ast.ValueSpec:
				if len(n.Values) == 0 {
					add(n.Type)
				}
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "new" && len(n.Args) == 1 {
					add(n.Args[0])
				}
			}
			return true
		})
	}
}
