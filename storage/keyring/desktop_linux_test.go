package keyring_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus"
)

const loginCollection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")

// A desktop is a session bus of the test's own with a real gnome-keyring. The
// programs of a test reach it through env.
type desktop struct {
	env    []string
	bus    *dbus.Conn
	daemon *exec.Cmd
}

// newDesktop starts the bus and the keyring, and unlocks it.
func newDesktop(t *testing.T) *desktop {
	t.Helper()
	d := newBus(t)
	d.unlock(t)
	return d
}

// newBus starts a session bus in a home directory of its own.
func newBus(t *testing.T) *desktop {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			lacking(t, program+" is not installed")
		}
	}
	home, runtimeDir := t.TempDir(), t.TempDir()
	address := "unix:path=" + filepath.Join(runtimeDir, "bus")
	d := &desktop{env: []string{
		"HOME=" + home, "XDG_RUNTIME_DIR=" + runtimeDir, "XDG_DATA_HOME=" + filepath.Join(home, "data"), "DISABLE_KWALLET=1",
		"DBUS_SESSION_BUS_ADDRESS=" + address, "DISPLAY=", "WAYLAND_DISPLAY=", "GNOME_KEYRING_CONTROL=", "XDG_STATE_HOME=",
	}}
	// The bus can start the keyring by itself, and it would be locked: it does
	// so only when the test's own keyring is gone.
	bus := d.daemonize(t, "", "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1", "--address="+address)
	bus.await(t, "unix:")
	conn, err := dbus.Dial(address)
	if err == nil {
		err = conn.Auth(nil)
	}
	if err == nil {
		err = conn.Hello()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	d.bus = conn
	return d
}

// daemonize starts a daemon, which is killed with all it has started at the
// end of the test.
func (d *desktop) daemonize(t *testing.T, input, name string, args ...string) *process {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
	cmd.Env, cmd.Stdin = append(os.Environ(), d.env...), strings.NewReader(input)
	inGroup(cmd)
	stdout, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, lines: make(chan string, 100)}
	go func() {
		defer close(p.lines)
		defer func() { _ = stdout.Close() }()
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	t.Cleanup(p.kill)
	return p
}

// unlock starts the keyring, in place of the one that runs if any, with the
// password that opens the login collection.
func (d *desktop) unlock(t *testing.T) {
	t.Helper()
	p := d.daemonize(t, "password of the user", "gnome-keyring-daemon", "--foreground", "--replace", "--unlock", "--components=secrets")
	d.daemon = p.cmd
	// A request to a service that is not running yet makes the bus start a second one.
	d.eventually(t, "keyring on the bus", func() bool { return d.owner() == p.cmd.Process.Pid })
	d.eventually(t, "unlocked collection", func() bool {
		locked, err := d.locked()
		return err == nil && !locked
	})
}

func (d *desktop) eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); pause(10 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("no %s after %v", what, patience)
		}
	}
}

func (d *desktop) service() dbus.BusObject {
	return d.bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
}

func (d *desktop) locked() (bool, error) {
	v, err := d.bus.Object("org.freedesktop.secrets", loginCollection).GetProperty("org.freedesktop.Secret.Collection.Locked")
	if err != nil {
		return false, err
	}
	locked, ok := v.Value().(bool)
	if !ok {
		return false, fmt.Errorf("locked is %v", v)
	}
	return locked, nil
}

// owner returns the process of the secret service.
func (d *desktop) owner() int {
	var pid uint32
	if d.bus.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, "org.freedesktop.secrets").Store(&pid) != nil {
		return 0
	}
	return int(pid)
}

func (d *desktop) lock(t *testing.T) {
	t.Helper()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := d.service().Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{loginCollection}).Store(&locked, &prompt)
	if err != nil || len(locked) != 1 {
		t.Fatalf("lock: %v, %v", locked, err)
	}
}

// items returns the entries of the login collection.
func (d *desktop) items(t *testing.T) []dbus.ObjectPath {
	t.Helper()
	v, err := d.bus.Object("org.freedesktop.secrets", loginCollection).GetProperty("org.freedesktop.Secret.Collection.Items")
	if err != nil {
		t.Fatal(err)
	}
	items, ok := v.Value().([]dbus.ObjectPath)
	if !ok {
		t.Fatalf("items: %v", v)
	}
	return items
}

// signal sends a signal to the keyring.
func (d *desktop) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := d.daemon.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
