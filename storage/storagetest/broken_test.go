package storagetest_test

import (
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// inChild reports whether this is the process in which a broken store is
// checked, whose tests have to fail, or a child of that one.
func inChild() bool { return flag.NArg() > 0 }

// Which check must find which fault.
func memoryFaults() map[string]string {
	return map[string]string{
		"lost update":                     "one_at_a_time",
		"hangs":                           "one_at_a_time",
		"torn write":                      "readers_beside_a_writer",
		"ignores context":                 "deadline_while_waiting",
		"load waits":                      "load_does_not_wait",
		"one lock for all keys":           "other_keys_do_not_wait",
		"folds keys":                      "odd_keys",
		"trims keys":                      "odd_keys",
		"loads when canceled":             "canceled_before",
		"updates when canceled":           "canceled_before",
		"absent is nothing":               "absent",
		"own word for absent":             "absent",
		"empty is absent":                 "round_trip",
		"small values only":               "round_trip",
		"text only":                       "binary",
		"shares slices":                   "own_copies",
		"saves in spite of error":         "callback_error",
		"swallows the error":              "callback_error",
		"forgets the lock after an error": "callback_error",
		"forgets the lock after a panic":  "callback_panics",
		"swallows the panic":              "callback_panics",
		"drops on cancel":                 "canceled_in_the_callback",
		"own context":                     "values_reach_the_callback",
		"does not delete":                 "delete",
	}
}

func fileFaults() map[string]string {
	return map[string]string{
		"locks within the process only": "processes_count_together",
		"caches":                        "process_sees_updates",
		"lock file outlives its holder": "killed_holder",
		"writes in place":               "readers_beside_a_process",
	}
}

func TestBrokenMemory(t *testing.T) {
	t.Parallel()
	for fault, check := range memoryFaults() {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			if !inChild() {
				mustFail(t, check)
				return
			}
			storagetest.Run(t, func(*testing.T) storage.Store { return newBrokenMemory(fault) })
		})
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	for fault, check := range fileFaults() {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			if !inChild() {
				mustFail(t, check)
				return
			}
			storagetest.RunShared(t, func(_ *testing.T, dir string) storage.Store {
				return &brokenFiles{fault: fault, dir: dir}
			})
		})
	}
}

// mustFail runs the present test in a process of its own, where the store is
// checked, and wants the check to fail and nothing else to happen.
func mustFail(t *testing.T, check string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(t.Name()+"/"+check, "/") // "": before any check
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+strings.ReplaceAll(name, "/", "$/^")+"$", "-test.count=1", "-test.timeout=20s", "broken")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--- FAIL: "+name) || strings.Contains(string(out), "panic: test timed out") || strings.Contains(string(out), "has completed") {
		t.Errorf("the suite did not find the fault in %q: %v\n%s", check, err, out)
	}
}

// TestSoundMemory shows that what is broken in the stores above is broken by
// their fault.
func TestSoundMemory(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storage.Store { return newBrokenMemory("") })
}
