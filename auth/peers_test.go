package auth_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// testsOf returns the names of the tests in a directory.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(data), -1) {
			names[m[1]] = true
		}
	}
	return names
}

// TestPeers: every test that testdata/refresh/peers.md names exists, and no row is missing or
// empty.
func TestPeers(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "refresh", "peers.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]map[string]bool{
		"": testsOf(t, "."), "chain.": testsOf(t, "../chain"),
		"storage.": testsOf(t, "../storage"), "keyring.": testsOf(t, "../storage/keyring"),
	}
	rows := map[string]int{
		"AF": 29, "OK": 12, "KT": 23, "FR": 19, "AX": 13, "XO": 12, "AZ": 17, "GO": 10, "AW": 12, "MS": 11, "BK": 12, "AN": 10,
		"CX": 11, "SB": 6,
	}
	named := regexp.MustCompile(`(\w+\.)?(Test\w+)`)
	peer, row := "", 0
	for line := range strings.Lines(string(data)) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			peer, _, _ = strings.Cut(name, ":")
			row = 0
		}
		cells := strings.Split(line, "|")
		if peer == "" || len(cells) != 5 {
			continue
		}
		number, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue
		}
		row++
		if number != row {
			t.Errorf("%s: row %d where %d should be", peer, number, row)
		}
		found := named.FindAllStringSubmatch(cells[3], -1)
		for _, m := range found {
			if !tests[m[1]][m[2]] {
				t.Errorf("%s %d: there is no %s%s", peer, row, m[1], m[2])
			}
		}
		if reason := strings.TrimSpace(cells[3]); len(found) == 0 && !strings.HasPrefix(reason, "does not apply: ") {
			t.Errorf("%s %d: neither a test nor a reason: %s", peer, row, reason)
		}
		if row == rows[peer] {
			delete(rows, peer)
		}
	}
	if len(rows) > 0 {
		t.Errorf("incomplete: %v", rows)
	}
}

// TestRules: every rule of docs/architecture.md has a test of its number, and the file that it
// names.
func TestRules(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rules, _ := strings.Cut(string(data), "\n## The rules\n")
	rules, _, _ = strings.Cut(rules, "\n## ")
	all, n := testsOf(t, "."), 0
	for _, m := range regexp.MustCompile("(?ms)^(\\d+)\\. .*?\\(`(\\w+_test.go)`\\)").FindAllStringSubmatch(rules, -1) {
		n++
		prefix := fmt.Sprintf("TestRule%02d_", n)
		if m[1] != strconv.Itoa(n) || !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(name string) bool {
			return strings.HasPrefix(name, prefix)
		}) {
			t.Errorf("rule %s: number %d, or no test is called %s…", m[1], n, prefix)
		}
		if _, err := os.Stat(m[2]); err != nil {
			t.Errorf("rule %d: %v", n, err)
		}
	}
	if n != 13 {
		t.Errorf("%d rules with a file, want 13", n)
	}
}
