//go:build !linux

package busguard

// The D-Bus backends exist on Linux only.
func address() string { return "" }

// Patience is as on Linux.
const Patience = 0

// Probe reports that there is no bus.
func Probe() Bus { return Bus{State: NoAddress} }
