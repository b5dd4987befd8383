package keyring

import "os"

// env is for the places that other programs and the XDG base directory
// specification name by a variable, and no function of package os knows.
func env(name string) string {
	return os.Getenv(name) //nolint:forbidigo // see above
}
