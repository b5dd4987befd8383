package main

import (
	"context"
	"os"
	"path/filepath"
)

// program is what a user writes first.
const program = `package main

import (
	"fmt"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func main() {
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com"})
	fmt.Println(chain.New(session), err, keyring.Config{Service: "x"}.Service)
}
`

// consume requires the released modules in a module of its own, and builds.
func (r *release) consume(ctx context.Context) error {
	dir := filepath.Join(r.dir, "program")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o644); err != nil {
		return err
	}
	if err := r.run(ctx, dir, "go", "mod", "init", "example.com/program"); err != nil {
		return err
	}
	for _, folder := range r.modules {
		if err := r.run(ctx, dir, "go", "get", modulePath(folder)+"@"+r.version); err != nil {
			return err
		}
	}
	return r.run(ctx, dir, "go", "build", "-o", filepath.Join(r.dir, "built"), ".")
}
