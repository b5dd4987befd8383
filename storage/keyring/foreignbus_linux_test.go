package keyring_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// A strangersBus listens where the session bus of this user may once have been.
// It records what it is sent, and responds as a bus does.
type strangersBus struct {
	address string
	mu      sync.Mutex
	got     bytes.Buffer
}

// newStrangersBus listens as another user. The kernel takes the listener's user
// from the thread that calls listen.
func newStrangersBus(t *testing.T, name string) *strangersBus {
	t.Helper()
	if os.Geteuid() != 0 {
		lacking(t, "listening as another user needs root")
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "bus")
	defer func() { _ = f.Close() }()
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: name}); err != nil {
		t.Fatal(err)
	}
	if err := asUser(12345, func() error { return syscall.Listen(fd, 5) }); err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	b := &strangersBus{address: "unix:path=" + name}
	if name[0] == '@' {
		b.address = "unix:abstract=" + name[1:]
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go b.serve(c)
		}
	}()
	return b
}

func (b *strangersBus) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	for buf := make([]byte, 1024); ; {
		n, err := c.Read(buf)
		b.mu.Lock()
		b.got.Write(buf[:n])
		b.mu.Unlock()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "OK 0123456789abcdef0123456789abcdef\r\n")
	}
}

func (b *strangersBus) received() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got.String()
}

// asUser calls fn on a thread of its own that belongs to another user.
func asUser(uid int, fn func() error) error {
	failure := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock it: the thread ends with the goroutine
		const keep = ^uintptr(0)
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, keep, uintptr(uid), keep); errno != 0 {
			failure <- errno
			return
		}
		failure <- fn()
	}()
	return <-failure
}

// The address of a session that has ended may be another user's socket by now. Nothing is sent to
// it: no greeting, let alone a key.
func TestForeignBus(t *testing.T) {
	t.Parallel()
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	for name, socket := range map[string]string{
		"abstract": "@chatelaine-test-" + filepath.Base(filepath.Dir(shared)),
		"path":     filepath.Join(shared, "bus"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := newStrangersBus(t, socket)
			for _, list := range []string{bus.address, "unix:path=/nonexistent/bus;" + bus.address, bus.address + ";unix:path=/nonexistent/bus"} {
				env := []string{"DBUS_SESSION_BUS_ADDRESS=" + list}
				out := output(t, env, "backends")
				wantSaid(t, out, "address: "+list+"\n", "done")
				wantNotSaid(t, out, "secret-service", "kwallet")
				out = output(t, env, "put", "", t.TempDir(), "value")
				wantSaid(t, out, "error: keyring: unavailable", "belongs to another user", "user 12345", `"file"`)
				wantNotSaid(t, out, "done")
				out = output(t, env, "diagnose", t.TempDir())
				wantSaid(t, out, "secret-service: usable false, selected true: keyring: unavailable", "belongs to another user", "unset DBUS_SESSION_BUS_ADDRESS", "file: usable true")
			}
			if got := bus.received(); got != "" {
				t.Errorf("the stranger was sent %q", got)
			}
		})
	}
}
