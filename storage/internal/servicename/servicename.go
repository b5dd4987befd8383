// Package servicename has the rule for the names of services, which get into
// file names, keyring entries and the prompts of operating systems.
//
// # Usage
//
//	err := servicename.Check(service)
//
// # Errors
//
// An error says which rule the name breaks.
//
// # Concurrency
//
// Functions are safe for concurrent use.
//
// # Security
//
// A name that keeps the rule cannot lead to another directory.
package servicename

import (
	"errors"
	"fmt"
	"strings"
)

const maxLen = 64

var (
	errRule = errors.New("the service must be 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit")
	errDot  = errors.New("the service must not end with a dot, which Windows drops from the names of files")
)

// Check returns an error that says the rule if name does not follow it.
func Check(name string) error {
	if name == "" || len(name) > maxLen || strings.Trim(name[:1], alphanumeric) != "" || strings.Trim(name, alphanumeric+"._-") != "" {
		return errRule
	}
	if strings.HasSuffix(name, ".") {
		return errDot
	}
	if isDevice(name) {
		return fmt.Errorf("the service %q is the name of a device on Windows, where no file can have it; add something to it, as in %q", name, "my"+name)
	}
	return nil
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// isDevice reports whether Windows takes name for that of a device, whatever
// follows the first dot.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	rest, com := strings.CutPrefix(stem, "com")
	if !com {
		rest, com = strings.CutPrefix(stem, "lpt")
	}
	return com && len(rest) == 1 && rest[0] >= '0' && rest[0] <= '9'
}

// Similar reports whether two different names are the same to a file system
// that does not distinguish upper and lower case.
func Similar(a, b string) bool { return a != b && strings.EqualFold(a, b) }
