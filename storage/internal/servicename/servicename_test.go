package servicename_test

import (
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/servicename"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"a": true, "9": true, "demo": true, "My.Program-2_x": true, strings.Repeat("a", 64): true,
		"": false, "-a": false, ".a": false, "..": false, "a/b": false, `a\b`: false, "a b": false, "a:b": false,
		"é": false, "a\n": false, "a\x00b": false, strings.Repeat("a", 65): false,
	} {
		if err := servicename.Check(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
