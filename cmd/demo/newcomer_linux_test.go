package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
)

// module is what the README tells a newcomer to get.
const module = "github.com/chatelaine-go/chatelaine"

// TestNewcomer follows the README from top to bottom, as a person does who has never seen the
// project: in a fresh clone, with an empty home, an empty module cache and an empty build cache. A
// module proxy on disk serves the clone as if it were released. It takes minutes, so it runs where
// CHATELAINE_NEWCOMER is set.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	if os.Getenv("CHATELAINE_NEWCOMER") == "" {
		t.Skip("CHATELAINE_NEWCOMER is not set; make newcomer sets it")
	}
	clone := filepath.Join(t.TempDir(), "chatelaine")
	command(t, ".", nil, "git", "clone", "-q", filepath.Join("..", ".."), clone)
	text, err := os.ReadFile(filepath.Join(clone, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	here := newDesk(t, clone)
	here.env = append(here.env, proxy(t, clone)...)
	mine := &desk{dir: filepath.Join(t.TempDir(), "myprogram"), addr: here.addr}
	mine.env = append(append(slices.Clone(here.env), testserver.Desktop(t)...), "HOME="+here.home)
	if err := os.Mkdir(mine.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	command(t, mine.dir, mine.env, "go", "mod", "init", "myprogram")

	done := make(map[string]int)
	for _, step := range regexp.MustCompile("(?s)```(sh|go|console)\n(.*?)\n```|`(go run "+regexp.QuoteMeta(module)+"\\S* tour)`").FindAllStringSubmatch(string(text), -1) {
		kind, what := step[1], step[2]+step[3]
		began := time.Now()
		switch {
		case kind == "go" && strings.HasPrefix(what, "package main"):
			if err := os.WriteFile(filepath.Join(mine.dir, "main.go"), []byte(what+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		case kind == "go": // a part of an Example
			continue
		case kind == "console" && strings.HasPrefix(what, "$ go mod"):
			mine.follow(t, what+"\n")
		case kind == "console":
			here.follow(t, what+"\n")
		case strings.HasPrefix(what, "go get"):
			command(t, mine.dir, mine.env, "sh", "-c", what)
		default:
			command(t, clone, here.env, "sh", "-c", what)
		}
		done[kind]++
		first, _, _ := strings.Cut(what, "\n")
		t.Logf("%6.1f s  %s", time.Since(began).Seconds(), first)
	}
	if done["sh"] != 3 || done["go"] != 1 || done["console"] != 4 || done[""] != 1 {
		t.Errorf("the README has other steps than this test knows: %v", done)
	}
}

// command runs a command, which must succeed.
func command(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// proxy puts the root module of the clone into a module proxy on disk, and returns an environment
// that asks it first, and the proxies of this machine for all else.
func proxy(t *testing.T, clone string) []string {
	t.Helper()
	const version = "v0.0.1"
	dir := t.TempDir()
	versions := filepath.Join(dir, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(versions, 0o700); err != nil {
		t.Fatal(err)
	}
	gomod, err := os.ReadFile(filepath.Join(clone, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list": version + "\n", version + ".info": `{"Version":"` + version + `"}`, version + ".mod": string(gomod),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	archive := []string{
		"archive", "--format=zip", "--prefix=" + module + "@" + version + "/", "-o", filepath.Join(versions, version+".zip"), "HEAD", ".",
	}
	nested, err := exec.CommandContext(t.Context(), "git", "-C", clone, "ls-files", "*/go.mod").Output()
	if err != nil {
		t.Fatal(err)
	}
	for file := range strings.FieldsSeq(string(nested)) {
		archive = append(archive, ":(exclude)"+filepath.ToSlash(filepath.Dir(file)))
	}
	command(t, clone, nil, "git", archive...)
	goenv, err := exec.CommandContext(t.Context(), "go", "env", "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	usual := strings.Split(string(goenv), "\n")
	// What this machine has downloaded before is laid out as a proxy, too. Without -modcacherw the
	// module cache, which is in a temporary home, could not be removed.
	downloaded := filepath.Join(usual[3], "cache", "download")
	return []string{
		"GOPROXY=file://" + filepath.ToSlash(dir) + ",file://" + filepath.ToSlash(downloaded) + "," + usual[0],
		"GOSUMDB=" + usual[1], "GOTOOLCHAIN=" + usual[2], "GONOSUMDB=" + module, "GOFLAGS=-modcacherw",
	}
}
