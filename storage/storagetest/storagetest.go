// Package storagetest checks that a store keeps the contract of package storage.
//
// A test of your store calls the suite:
//
//	func TestConformance(t *testing.T) {
//		storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
//			return openMyStore(t, dir)
//		})
//	}
//
// # Usage
//
// The suite checks round trips of 0 bytes to 1 MiB (see [Limits]), binary values and odd keys;
// absent values, deleting, and deleting twice; that errors and panics of the callback change nothing
// and leave no lock behind; that slices are copied; cancellation before, during and after the
// callback; mutual exclusion among goroutines; that Load does not wait for Update; and, if the store
// has them, [storage.Lister] and [storage.Replacer]. RunShared adds a second store on the same data,
// and other processes: they count together, a holder is killed, and no value is ever seen half
// written.
//
// [RunFleet] checks stores that machines share, under faults: see there.
//
// The suite takes no more than a few seconds with a store that is as fast as a
// disk.
//
// # Errors
//
// A store that fails a check fails the test, with a message that says what was expected. A call
// that hangs is reported after [Patience].
//
// # Concurrency
//
// The checks run one after the other. Those with processes run the test binary
// again, with the name of the present test.
//
// # Security
//
// The suite writes and deletes values. Give it a directory, a table or a server of its own.
package storagetest

import (
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// Patience is how long the suite waits for a call that has no reason to wait,
// unless [Limits] say otherwise.
const Patience = 10 * time.Second

// A check is one part of the suite. It gets a store that holds nothing.
type check struct {
	name string
	run  func(*tester, storage.Store)
}

// Run checks the stores that newStore returns. Each call must return a store that holds nothing;
// newStore registers with t.Cleanup whatever has to be released. The checks run one after the
// other, as subtests named after what they check. Those of [storage.Lister] and [storage.Replacer]
// skip if the store does not implement them. At most one Limits may be given.
func Run(t *testing.T, newStore func(t *testing.T) storage.Store, limits ...Limits) {
	t.Helper()
	l, err := oneOf(limits)
	if err != nil {
		t.Fatal(err)
	}
	for _, checks := range [][]check{valueChecks(), callbackChecks(), contextChecks(), lockChecks(), optionalChecks()} {
		for _, c := range checks {
			t.Run(c.name, func(t *testing.T) { c.run(&tester{t, l}, newStore(t)) })
		}
	}
}

// RunShared checks stores that other goroutines and other processes may have
// open at the same time. It does what [Run] does, and more. open opens the
// store that lives in the directory dir, which is empty at first; two stores
// opened with one dir must have the same data. For the checks with processes
// the test binary is run again, with the name of the present test, and calls
// open there. At most one Limits may be given.
func RunShared(t *testing.T, open func(t *testing.T, dir string) storage.Store, limits ...Limits) {
	t.Helper()
	l, err := oneOf(limits)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := roleOf(); ok {
		r.play(&tester{t, l}, open)
		return
	}
	Run(t, func(t *testing.T) storage.Store {
		t.Helper()
		return open(t, t.TempDir())
	}, limits...)
	for _, c := range sharedChecks() {
		t.Run(c.name, func(t *testing.T) { c.run(&tester{t, l}, open, t.TempDir()) })
	}
}
