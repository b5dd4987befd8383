package guides_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestGuides: every block of Go in a guide is, but for its indentation, a part of a program that
// runs.
func TestGuides(t *testing.T) {
	t.Parallel()
	for guide, programs := range map[string][]string{
		"dio.md":        {"dio_test.go"},
		"many-users.md": {"many_users_test.go"},
		"agents.md":     {"agents_test.go", "../../interop/mcp_test.go"},
	} {
		var text strings.Builder
		for _, name := range programs {
			text.WriteString(flat(read(t, name)))
		}
		blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(read(t, "../../docs/"+guide), -1)
		if len(blocks) < 3 {
			t.Errorf("%s: %d blocks", guide, len(blocks))
		}
		for _, b := range blocks {
			if !strings.Contains(text.String(), flat(b[1])) {
				t.Errorf("%s: in none of %v:\n%s", guide, programs, b[1])
			}
		}
	}
}

// flat removes the indentation.
func flat(s string) string { return regexp.MustCompile(`(?m)^[\t ]+`).ReplaceAllString(s, "") }

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// must ends an example that has failed.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
