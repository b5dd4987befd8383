//go:build !linux

package busguard

// The D-Bus backends exist on Linux only.
func address() string { return "" }

// Probe reports that there is no bus.
func Probe() State { return NoAddress }
