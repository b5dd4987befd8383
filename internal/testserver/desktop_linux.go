package testserver

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Desktop starts what a user's desktop session has, a session bus with an unlocked gnome-keyring, in
// a home of its own. It returns the environment by which programs find them, as name=value. They end
// with the test.
func Desktop(t *testing.T) []string {
	t.Helper()
	bus, send := find(t, "dbus-daemon"), find(t, "dbus-send")
	keyring := find(t, "gnome-keyring-daemon")
	home, runtimeDir := t.TempDir(), t.TempDir()
	address := "unix:path=" + filepath.Join(runtimeDir, "bus")
	env := []string{
		"HOME=" + home, "XDG_RUNTIME_DIR=" + runtimeDir, "XDG_DATA_HOME=", "XDG_STATE_HOME=",
		"DBUS_SESSION_BUS_ADDRESS=" + address, "DISPLAY=", "WAYLAND_DISPLAY=", "GNOME_KEYRING_CONTROL=",
	}
	daemon(t, env, "", bus, "--session", "--nofork", "--nopidfile", "--address="+address)
	ask := []string{send, "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"}
	awaitOutput(t, env, "string", append(ask, "org.freedesktop.DBus.GetId")...)
	daemon(t, env, "password of the user", keyring, "--foreground", "--unlock", "--components=secrets")
	// A program that asks for a keyring before there is one makes the bus start another one, which is
	// locked.
	awaitOutput(t, env, "boolean true",
		append(ask, "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets")...)
	return env
}

// daemon starts a program that ends with the test.
func daemon(t *testing.T, env []string, stdin, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
	cmd.Env, cmd.Stdin = append(cmd.Environ(), env...), strings.NewReader(stdin)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// awaitOutput runs a program until it prints want.
func awaitOutput(t *testing.T, env []string, want string, argv ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Env = append(cmd.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if strings.Contains(string(out), want) {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%s: %v\n%s", argv, err, out)
		}
	}
}
