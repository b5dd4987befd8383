// Package busguard keeps the D-Bus client behind 99designs/keyring from
// hanging the program before main.
//
// That client connects to the session bus while packages are initialized. It
// waits without limit for a bus that accepts and stays silent, and it starts
// dbus-launch, which leaves a daemon behind for every run, when there is no bus
// address. This package is initialized earlier: it imports nothing that the
// client does not need as well, and among packages that are ready Go takes the
// one whose import path sorts first. It tries the bus with a time limit and, if
// that fails, puts an address into the environment that the client refuses at
// once. [Restore] puts the real one back.
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

// A State is what is known about the session bus.
type State int

// The states of the session bus.
const (
	Usable      State = iota
	NoAddress         // there is no bus address
	Unreachable       // nobody listens
	Silent            // somebody listens and does not answer
	Unsupported       // a transport that could not be tried with a time limit
)

// Runs before any init function of this package's importers.
var _ = guard()

func guard() State {
	state := Probe()
	if state == NoAddress || state == Silent || state == Unsupported {
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
