package storage_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestUpdate_manyAccounts: neither an Update nor a Load lists the directory, so
// the other accounts in it cost nothing. The measure is the number of
// allocations: a listing makes at least one for each file.
func TestUpdate_manyAccounts(t *testing.T) { // not parallel: it counts allocations
	const few, many = 10, 2000
	dir := t.TempDir()
	s := open(t, config(dir))
	put(t, s, "default", "value")
	others := 0
	fill := func(n int) {
		for ; others < n; others++ {
			name := sha256.Sum256(fmt.Append(nil, others))
			path := filepath.Join(dir, service+"-"+hex.EncodeToString(name[:16]))
			for _, suffix := range []string{".sealed", ".lock"} {
				if err := os.WriteFile(path+suffix, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	round := 0
	allocations := func() float64 {
		return testing.AllocsPerRun(5, func() {
			round++
			value := fmt.Sprint("value ", round)
			put(t, s, "default", value) // one that is there
			wantValue(t, s, "default", value)
			put(t, s, "new", value) // one that is not
			if err := s.Update(t.Context(), "new", nothing); err != nil {
				t.Fatal(err)
			}
		})
	}
	fill(few)
	before := allocations()
	fill(many)
	if after := allocations(); after > before+many/4 {
		t.Errorf("%.0f allocations beside %d accounts, %.0f beside %d", after, many, before, few)
	}
	listed := 0
	for range s.Keys(t.Context()) {
		listed++
	}
	if listed != many+1 {
		t.Errorf("%d values are listed, want %d: the other files are not those of accounts", listed, many+1)
	}
}
