package keyring_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// silentBus accepts connections and never responds.
func silentBus(t *testing.T) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		var held []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				for _, c := range held {
					_ = c.Close()
				}
				return
			}
			held = append(held, c)
		}
	}()
	return "unix:path=" + path
}

// fullBus listens, but its queue of connections is full.
func fullBus(t *testing.T) (address string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bus")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Close(c) })
		_ = syscall.Connect(c, &syscall.SockaddrUnix{Name: path})
	}
	return "unix:path=" + path
}

// A bus that is missing or does not work must not hold up a program that imports the package, and
// the program's children must see the address that the user set.
func TestImportNeverHangs(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"silent":       silentBus(t),
		"full":         fullBus(t),
		"second":       "unix:path=/nonexistent/bus;" + silentBus(t),
		"refused":      "unix:path=/nonexistent/bus",
		"abstract":     "unix:abstract=chatelaine-nonexistent",
		"tcp":          "tcp:host=192.0.2.1,port=1", // RFC 5737: no host has this address
		"other":        "launchd:env=X",
		"garbage":      "garbage",
		"no socket":    "unix:",
		"no directory": "unix:path=" + strings.Repeat("x", 300),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := output(t, []string{"DBUS_SESSION_BUS_ADDRESS=" + address}, "backends")
			wantSaid(t, out, "file]", "address: "+address+"\n", "done")
			wantNotSaid(t, out, "secret-service", "kwallet")
		})
	}
}

// Without an address the D-Bus client would start dbus-launch, which leaves a
// daemon behind at every run.
func TestImportStartsNoDaemon(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/run/user/" + strconv.Itoa(os.Getuid())); err == nil {
		t.Log("there is a runtime directory, in which a bus may be found")
	}
	bin := t.TempDir()
	trace := filepath.Join(bin, "started")
	script := "#!/bin/sh\necho started >> " + trace + "\necho DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent\n"
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"", "autolaunch:"} {
		out := output(t, []string{"PATH=" + bin + ":" + os.ExpandEnv("$PATH"), "DBUS_SESSION_BUS_ADDRESS=" + address}, "backends")
		wantSaid(t, out, "done")
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("dbus-launch was started")
	}
}

// The guard works because it is initialized before the client that it guards.
func TestGuardIsInitializedFirst(t *testing.T) {
	t.Parallel()
	out := output(t, []string{"GODEBUG=inittrace=1", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"}, "backends")
	order := make(map[string]int)
	for i, line := range regexp.MustCompile(`(?m)^init (\S+)`).FindAllStringSubmatch(out, -1) {
		order[line[1]] = i + 1
	}
	const guard = "github.com/chatelaine-go/chatelaine/storage/keyring/internal/busguard"
	for _, late := range []string{"github.com/99designs/keyring", "github.com/godbus/dbus"} {
		if order[guard] == 0 || order[late] == 0 || order[guard] > order[late] {
			t.Errorf("%s is initialized as number %d, %s as number %d", guard, order[guard], late, order[late])
		}
	}
}

func TestSilentBusFailsInTime(t *testing.T) {
	t.Parallel()
	env := []string{"DBUS_SESSION_BUS_ADDRESS=" + silentBus(t)}
	start := time.Now()
	out := output(t, env, "put", "", t.TempDir(), "value")
	wantSaid(t, out, "error: keyring: unavailable", "does not respond", `"file"`)
	wantNotSaid(t, out, "done")
	out = output(t, env, "diagnose", t.TempDir())
	wantSaid(t, out, "secret-service: usable false, selected true: keyring: unavailable", "does not respond", "file: usable true")
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}
