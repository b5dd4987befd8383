package keyring_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	kr "github.com/99designs/keyring"
)

// TestNoVulnerableDependency fails if the build selects a version with a known vulnerability of a
// module that 99designs/keyring needs, even if keyring itself accepts that version.
func TestNoVulnerableDependency(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		lacking(t, "the go command, to ask which versions the build selects")
	}
	for module, least := range map[string]string{
		// GO-2023-2409 (CVE-2023-50658): an absurd work factor. GO-2025-4123
		// (CVE-2025-63811): a value that is huge when unpacked.
		"github.com/dvsekhvalnov/jose2go": "v1.8.0",
		// GO-2026-5024: in package windows.
		"golang.org/x/sys": "v0.44.0",
	} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-json", module).Output()
		if err != nil {
			t.Fatalf("%s: %v", module, err)
		}
		var selected struct {
			Version string `json:"Version"`
		}
		if err := json.Unmarshal(out, &selected); err != nil {
			t.Fatal(err)
		}
		if older(t, selected.Version, least) {
			t.Errorf("the build selects %s %s; it must be %s or later", module, selected.Version, least)
		}
	}
}

func older(t *testing.T, version, least string) bool {
	t.Helper()
	a, b := numbers(t, version), numbers(t, least)
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func numbers(t *testing.T, version string) (n [3]int) {
	t.Helper()
	core, _, _ := strings.Cut(version, "-")
	if _, err := fmt.Sscanf(core, "v%d.%d.%d", &n[0], &n[1], &n[2]); err != nil {
		t.Fatalf("version %q: %v", version, err)
	}
	return n
}

func TestVersionsAreCompared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version string
		older   bool
	}{{"v1.7.9", true}, {"v1.5.1-0.20231206184617-48ba0b76bc88", true}, {"v0.9.0", true}, {"v1.8.0", false}, {"v1.11.0", false}, {"v2.0.0", false}} {
		if got := older(t, c.version, "v1.8.0"); got != c.older {
			t.Errorf("%s: %t", c.version, got)
		}
	}
}

// The selected version refuses such an entry by itself: this one asks for 2,000,000,000 rounds,
// which would take minutes.
func TestAbsurdWorkIsRefusedBelowUs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// {"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":2000000000,"p2s":"AAAA"}
	write(t, dir+"/item", "eyJhbGciOiJQQkVTMi1IUzI1NitBMTI4S1ciLCJlbmMiOiJBMjU2R0NNIiwicDJjIjoyMDAwMDAwMDAwLCJwMnMiOiJBQUFBIn0.AAAA.AAAA.AAAA.AAAA")
	ring, err := kr.Open(kr.Config{AllowedBackends: []kr.BackendType{kr.FileBackend}, FileDir: dir, FilePasswordFunc: passphrase("x")})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := ring.Get("item")
		done <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case err := <-done:
		if err == nil || !strings.Contains(err.Error(), "p2c") {
			t.Errorf("Get: %v", err)
		}
	case <-ctx.Done():
		t.Error("the CPU is busy with an absurd work factor")
	}
}
