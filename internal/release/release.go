package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const root = "github.com/chatelaine-go/chatelaine"

// release is one attempt.
type release struct {
	version string
	dir     string   // temporary; holds the clone and the proxy
	modules []string // published, as folders of the clone, in the order of their tags
}

func (r *release) src() string   { return filepath.Join(r.dir, "src") }
func (r *release) proxy() string { return filepath.Join(r.dir, "proxy") }

// clone checks HEAD out and tags it there, so that programs are stamped with the version.
func (r *release) clone(ctx context.Context, repo string) error {
	if err := r.run(ctx, repo, "git", "clone", "-q", ".", r.src()); err != nil {
		return err
	}
	if err := r.run(ctx, r.src(), "git", "tag", r.version); err != nil {
		return err
	}
	return filepath.WalkDir(r.src(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "go.mod" {
			return err
		}
		folder, err := filepath.Rel(r.src(), filepath.Dir(path))
		if err == nil && published(folder) {
			r.modules = append(r.modules, filepath.ToSlash(folder))
		}
		return err
	})
}

// published reports whether a module is for users. The others are programs, tests, benchmarks and
// examples, which are used in a clone.
func published(folder string) bool {
	first, _, _ := strings.Cut(filepath.ToSlash(folder), "/")
	return !slices.Contains([]string{"cmd", "internal", "interop", "examples"}, first) &&
		!strings.Contains(folder, "internal") && filepath.Base(folder) != "sqltest"
}

// publish puts each module into the proxy, the root first, since the others require it.
func (r *release) publish(ctx context.Context) error {
	for _, folder := range r.modules {
		if folder != "." {
			if err := r.withoutReplace(ctx, folder); err != nil {
				return fmt.Errorf("%s: %w", folder, err)
			}
		}
		if err := r.put(folder); err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
		fmt.Println("  ", folder)
	}
	return nil
}

// withoutReplace makes a nested module require the released root.
func (r *release) withoutReplace(ctx context.Context, folder string) error {
	dir := filepath.Join(r.src(), folder)
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	f, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return err
	}
	args := []string{"mod", "edit"}
	for _, rep := range f.Replace {
		args = append(args, "-dropreplace="+rep.Old.Path)
	}
	for _, req := range f.Require {
		if req.Mod.Path == root || strings.HasPrefix(req.Mod.Path, root+"/") {
			args = append(args, "-require="+req.Mod.Path+"@"+r.version)
		}
	}
	for _, cmd := range [][]string{args, {"mod", "tidy"}, {"build", "./..."}, {"vet", "./..."}} {
		if err := r.run(ctx, dir, "go", cmd...); err != nil {
			return err
		}
	}
	return nil
}

// put writes what a module proxy serves for one module.
func (r *release) put(folder string) error {
	m := module.Version{Path: modulePath(folder), Version: r.version}
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return err
	}
	dir := filepath.Join(r.proxy(), escaped, "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	src := filepath.Join(r.src(), folder)
	mod, err := os.ReadFile(filepath.Join(src, "go.mod"))
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	if err := zip.CreateFromDir(&archive, m, src); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, r.version+".zip"), archive.Bytes(), 0o644),
		os.WriteFile(filepath.Join(dir, r.version+".mod"), mod, 0o644),
		os.WriteFile(filepath.Join(dir, r.version+".info"), fmt.Appendf(nil, `{"Version":%q}`, r.version), 0o644),
		os.WriteFile(filepath.Join(dir, "list"), []byte(r.version+"\n"), 0o644),
	)
}

func modulePath(folder string) string {
	if folder == "." {
		return root
	}
	return root + "/" + folder
}

// archives builds the demo for one system, with notices, checksums and the version.
func (r *release) archives(ctx context.Context) error {
	if err := r.run(ctx, r.src(), "git", "checkout", "-q", "."); err != nil {
		return err
	}
	if err := r.run(ctx, r.src(), ".ci/dist", "linux/amd64"); err != nil {
		return err
	}
	name := "chatelaine-demo_" + r.version + "_linux_amd64"
	dist := filepath.Join(r.src(), "dist")
	if err := r.run(ctx, dist, "sha256sum", "-c", "checksums.txt"); err != nil {
		return err
	}
	if err := r.run(ctx, dist, "tar", "-xzf", name+".tar.gz"); err != nil {
		return err
	}
	for _, file := range []string{"LICENSE", "THIRD_PARTY_NOTICES", "README.md"} {
		if info, err := os.Stat(filepath.Join(dist, name, file)); err != nil || info.Size() == 0 {
			return fmt.Errorf("%s is missing from the archive or empty: %w", file, err)
		}
	}
	out, err := exec.CommandContext(ctx, "go", "version", "-m", filepath.Join(dist, name, "chatelaine-demo")).Output()
	if err == nil && !strings.Contains(string(out), root+"\t"+r.version) {
		err = errors.New("the program is not stamped with " + r.version)
	}
	return err
}

// forget removes the modules from the module cache: the version may be tried again, with other
// content.
func (r *release) forget(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE").Output()
	if err != nil {
		return err
	}
	cache := strings.TrimSpace(string(out))
	for _, folder := range r.modules {
		path := filepath.FromSlash(modulePath(folder))
		if err := os.RemoveAll(filepath.Join(cache, path+"@"+r.version)); err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(cache, "cache", "download", path, "@v", r.version+".*"))
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// print prints the steps of the real release.
func (r *release) print() {
	fmt.Println("== all of it holds; to release:")
	for _, folder := range r.modules {
		tag := r.version
		if folder != "." {
			tag = folder + "/" + r.version
			fmt.Printf("   in %s: drop the replace directives, require %s %s, go mod tidy, commit\n", folder, root, r.version)
		}
		fmt.Printf("   git tag %s && git push origin %s\n", tag, tag)
	}
}

// run runs a command with the proxy on disk in front of the usual ones.
func (r *release) run(ctx context.Context, dir, name string, args ...string) error {
	usual, err := exec.CommandContext(ctx, "go", "env", "GOPROXY").Output()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GOPROXY=file://"+filepath.ToSlash(r.proxy())+","+strings.TrimSpace(string(usual)),
		"GONOSUMDB="+root+","+root+"/*", "GOFLAGS=-mod=mod -modcacherw", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
