package statedir_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/chatelaine-go/chatelaine/internal/statedir"
)

// TestFind: a variable that is not an absolute path counts as unset.
func TestFind(t *testing.T) {
	t.Parallel()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	fallback := filepath.Join(home, ".local", "state")
	state := t.TempDir()
	for value, want := range map[string]string{state: state, "": fallback, "relative/path": fallback} {
		got, err := statedir.Find(func(name string) string {
			if name != "XDG_STATE_HOME" {
				t.Errorf("asked for %s", name)
			}
			return value
		})
		switch runtime.GOOS {
		case "windows", "darwin", "ios", "plan9": // systems with a place of their own
			if err != nil || !filepath.IsAbs(got) || got == fallback {
				t.Errorf("%q, %v", got, err)
			}
		default:
			if err != nil || got != want {
				t.Errorf("%q: %q, %v; want %q", value, got, err, want)
			}
		}
	}
}
