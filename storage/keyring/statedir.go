package keyring

import (
	"os"
	"path/filepath"
	"runtime"
)

// stateDir is where programs keep state of theirs that is not configuration.
func stateDir() (string, error) {
	switch runtime.GOOS {
	case "windows":
		return os.UserCacheDir() // %LocalAppData%
	case "darwin", "ios":
		return os.UserConfigDir() // ~/Library/Application Support
	}
	if dir := env("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state"), nil
}

// env is for the two places that other programs and the XDG base directory
// specification name by a variable, and no function of package os knows.
func env(name string) string {
	return os.Getenv(name) //nolint:forbidigo // see above
}
