// Package servicename has the rule for the names of services, which get into
// file names, keyring entries and the prompts of operating systems.
package servicename

import (
	"errors"
	"regexp"
)

var pattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Check returns an error that tells the rule if name does not follow it.
func Check(name string) error {
	if !pattern.MatchString(name) {
		return errors.New("the service must be 1 to 64 letters, digits, dots, dashes or underscores, and begin with a letter or digit")
	}
	return nil
}
