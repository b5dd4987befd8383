package servicename_test

import (
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/servicename"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]string{
		"a": "", "A.b-c_9": "", strings.Repeat("a", 64): "", "9": "", "console": "", "com": "", "com10": "", "lpt": "", "nullable": "", "x.con": "",
		"": "1 to 64", "a/b": "1 to 64", "..": "1 to 64", ".a": "1 to 64", "-a": "1 to 64", "_a": "1 to 64", "a b": "1 to 64", "ä": "1 to 64",
		"a\x00": "1 to 64", "a\n": "1 to 64", `a\b`: "1 to 64", "a:b": "1 to 64", strings.Repeat("a", 65): "1 to 64",
		"a.": "end with a dot", "a..": "end with a dot",
		"con": "device", "NUL": "device", "aux": "device", "Prn": "device", "com1": "device", "COM9": "device", "com0": "device", "lpt1.x": "device", "nul.tar.gz": "device",
	} {
		err := servicename.Check(name)
		if refused == "" && err != nil || refused != "" && (err == nil || !strings.Contains(err.Error(), refused)) {
			t.Errorf("%q: %v; want %q", name, err, refused)
		}
	}
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{{"demo", "demo", false}, {"demo", "Demo", true}, {"demo", "demo2", false}} {
		if got := servicename.Similar(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %t", c.a, c.b, got)
		}
	}
}
