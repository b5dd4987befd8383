// Package statedir finds the directory for what programs remember and is neither
// configuration nor cache.
//
// # Usage
//
//	dir, err := statedir.Find(os.Getenv)
//
// # Errors
//
// An error says that no variable of the environment leads to a directory.
//
// # Concurrency
//
// [Find] is safe for concurrent use if its getenv is.
//
// # Security
//
// The directory is the user's own. It is neither created nor checked here.
package statedir

import (
	"os"
	"path/filepath"
	"runtime"
)

// Find returns the user's state directory: %LocalAppData% on Windows,
// ~/Library/Application Support on macOS, home/lib on Plan 9, and elsewhere
// $XDG_STATE_HOME or ~/.local/state, as the XDG base directory specification
// says. It reads that variable by getenv.
func Find(getenv func(string) string) (string, error) {
	switch runtime.GOOS {
	case "windows":
		return os.UserCacheDir()
	case "darwin", "ios", "plan9":
		return os.UserConfigDir()
	}
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state"), nil
}
