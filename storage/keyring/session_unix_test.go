//go:build unix

package keyring_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// A test binary determines at its start which keyrings exist. So tests that use one within their
// own process are run by a second process, in the environment of the session; this variable names
// the backend.
const sessionVariable = "CHATELAINE_TEST_SESSION"

func session() string { return os.ExpandEnv("$" + sessionVariable) }

// underSession runs TestWithinSession, or one of its parts, in a session.
func underSession(t *testing.T, env []string, backend string, part ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := "^TestWithinSession$/^conformance$"
	if len(part) > 0 {
		run = "^TestWithinSession$/^" + part[0] + "$"
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run="+run, "-test.v", "-test.count=1")
	cmd.Env = append(append(os.Environ(), env...), sessionVariable+"="+backend)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantSaid(t, string(out), "--- PASS: TestWithinSession")
	for line := range lines(string(out), "kills") {
		t.Log(line)
	}
}

// TestWithinSession is run by the tests of the backends.
func TestWithinSession(t *testing.T) {
	t.Parallel()
	backend := session()
	if backend == "" {
		t.Skip("run by the tests of the backends, each in a session of its own")
	}
	config := func(dir string) keyring.Config {
		return keyring.Config{Service: "chatelaine-test", Backend: backend, Dir: dir}
	}
	t.Run("conformance", func(t *testing.T) {
		t.Parallel()
		storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
			t.Helper()
			return open(t, config(dir))
		})
	})
	t.Run("kills", func(t *testing.T) {
		t.Parallel()
		killWriters(t, config(t.TempDir()), nil, 1, kills(t, 0.05))
		killFirstOpens(t, config, nil, kills(t, 0.025))
	})
}
