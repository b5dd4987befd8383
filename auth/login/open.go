package login

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// OpenBrowser opens a URL in the user's browser with the command of the system: xdg-open, open on
// macOS, rundll32 on Windows. It fails if there is no such command or, where X11 or Wayland is
// needed, no display. The command may go on running after OpenBrowser has returned, as long as
// the browser that it has started.
func OpenBrowser(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("login: only http and https URLs are opened")
	}
	name, args := opener(runtime.GOOS)
	// The browser outlives ctx.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), name, append(args, u.String())...) //nolint:gosec // fixed commands
	if needsDisplay(runtime.GOOS) && !hasDisplay(cmd.Environ()) {
		return errors.New("login: no display to open a browser on")
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("login: opening a browser: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	const soon = time.Second // a command that fails does it at once
	timer := time.NewTimer(soon)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("login: opening a browser: %w", err)
		}
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// opener returns the command that opens a URL, its last argument.
func opener(goos string) (name string, args []string) {
	switch goos {
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	case "darwin":
		return "open", nil
	}
	return "xdg-open", nil
}

// needsDisplay reports whether browsers need a display server that may be missing.
func needsDisplay(goos string) bool { return goos != "windows" && goos != "darwin" }

// hasDisplay reports whether an environment names a display.
func hasDisplay(environ []string) bool {
	return slices.ContainsFunc(environ, func(v string) bool {
		name, value, _ := strings.Cut(v, "=")
		return value != "" && (name == "DISPLAY" || name == "WAYLAND_DISPLAY")
	})
}
