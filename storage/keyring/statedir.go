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
	//nolint:forbidigo // the XDG base directory specification has no function in os for this one
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state"), nil
}

func joinService(dir, service string) string { return filepath.Join(dir, service) }
