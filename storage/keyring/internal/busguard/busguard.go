// Package busguard keeps the D-Bus client behind 99designs/keyring from hanging
// the program before main, and from speaking to another user's session bus.
//
// That client connects to the session bus while packages are initialized. It
// waits without limit for a bus that accepts connections and stays silent. When
// there is no bus address it starts dbus-launch, which leaves a daemon behind
// for every run. And it trusts any process that listens at the address: a bus that has
// ended frees its abstract name, or its path in a directory that all may write
// to, for another user to take.
//
// This package is initialized earlier: it imports nothing that the client does
// not need as well, and among packages that are ready Go takes the one whose
// import path sorts first. It tries the bus with a time limit. If that fails, it
// puts an address into the environment that the client refuses at once.
// [Restore] puts the real one back. The client connects once per process, so
// the address is not looked at again.
//
// # Usage
//
//	import _ "github.com/chatelaine-go/chatelaine/storage/keyring/internal/busguard"
//
// # Errors
//
// There are none: [Probe] returns a [State].
//
// # Concurrency
//
// Its work is done before main. [Probe] is safe for concurrent use.
//
// # Security
//
// Without this package, a program could give its secrets to a bus of another user.
package busguard

import (
	"os"
	"strings"
)

const (
	variable = "DBUS_SESSION_BUS_ADDRESS"
	// The client knows no transport of this name. What follows it is the
	// address that the user had.
	disabled = "disabled-by-chatelaine:"
	// An address is a list, each part of which the client would try: the
	// separators have to go, too.
	separator, replaced = ";", "\x1e"
)

// A Bus is what [Probe] has found out about the session bus.
type Bus struct {
	State State
	Owner int // Foreign: the user whose process listens
}

// A State says whether the session bus can be used, and if not why.
type State int

// The states of the session bus.
const (
	Usable      State = iota
	NoAddress         // there is no bus address
	Unreachable       // no process listens
	Silent            // a process listens and does not respond
	Unsupported       // a transport that cannot be tried with a time limit
	Foreign           // the process that listens belongs to another user
)

// Runs before any init function of this package's importers.
var _ = guard()

func guard() State {
	state := Probe().State
	if state != Usable && state != Unreachable {
		_ = os.Setenv(variable, disabled+strings.ReplaceAll(address(), separator, replaced))
	}
	return state
}

// Restore undoes what the guard did to the environment, so that child
// processes and later readers see what the user had. It is called when the
// packages that had to be guarded are initialized.
func Restore() struct{} {
	original, changed := strings.CutPrefix(address(), disabled)
	switch {
	case !changed:
	case original == "":
		_ = os.Unsetenv(variable)
	default:
		_ = os.Setenv(variable, strings.ReplaceAll(original, replaced, separator))
	}
	return struct{}{}
}
