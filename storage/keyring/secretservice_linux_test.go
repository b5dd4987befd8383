package keyring_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus"
)

// The native keyring is found, proven, used and remembered without being named.
func TestSecretService(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	dir := t.TempDir()
	wantSaid(t, output(t, d.env, "put", "", dir, "value 1"), "backend: secret-service", "done")
	wantSaid(t, output(t, d.env, "get", "", dir), "value: value 1", "done")
	wantSaid(t, output(t, d.env, "get", "secret-service", dir), "value: value 1", "done")
	if items := d.items(t); len(items) != 1 {
		t.Errorf("%d entries in the keyring, want the key and no test entry: %v", len(items), items)
	}
	out := output(t, d.env, "diagnose", dir)
	wantSaid(t, out, "secret-service: usable true, selected true", "file: usable true, selected false")
	if items := d.items(t); len(items) != 1 {
		t.Errorf("Diagnose left %v", items)
	}
	// Another backend is not taken instead, though it would work.
	out = output(t, d.env, "put", "file", dir, "value 2")
	wantSaid(t, out, "error: keyring: the key is in another backend", `held by the backend "secret-service"`, `move the key to "file"`)
	wantSaid(t, output(t, d.env, "get", "", dir), "value: value 1", "done")

	wantSaid(t, output(t, d.env, "purge", "", dir), "done")
	if items := d.items(t); len(items) != 0 {
		t.Errorf("after Purge: %v", items)
	}
	out = output(t, d.env, "get", "", dir)
	wantSaid(t, out, "file does not exist")
	wantNotSaid(t, out, "done")
}

func TestSecretServiceLocked(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	used, fresh := t.TempDir(), t.TempDir()
	wantSaid(t, output(t, d.env, "put", "", used, "value 1"), "done")
	d.lock(t)
	began := time.Now()
	for _, role := range []string{"get", "put"} {
		for _, dir := range []string{used, fresh} {
			for _, backend := range []string{"", "secret-service"} {
				out := output(t, d.env, role, backend, dir, "value 2")
				wantSaid(t, out, "error: keyring: locked")
				wantNotSaid(t, out, "done", "not exist")
			}
		}
	}
	out := output(t, d.env, "diagnose", used)
	wantSaid(t, out, "secret-service: usable false, selected true: keyring: locked", "unlock the collection")
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	d.unlock(t)
	wantSaid(t, output(t, d.env, "get", "", used), "value: value 1", "done")
	wantSaid(t, output(t, d.env, "put", "", fresh, "value 2"), "done")
}

// A keyring that locks itself, or dies, while a program runs does not disturb
// the program: it has the key. Programs that start then are told the reason.
func TestSecretServiceLocksInTheMiddle(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	dir := t.TempDir()
	p := start(t, d.env, "turns", "", dir)
	p.await(t, "open")
	turn := func(value string) {
		t.Helper()
		if _, err := p.stdin.Write([]byte(value + "\n")); err != nil {
			t.Fatal(err)
		}
		if saved := p.await(t, "saved: "); saved != value {
			t.Fatalf("saved %q, want %q", saved, value)
		}
	}
	turn("before")
	d.lock(t)
	turn("locked")
	wantSaid(t, output(t, d.env, "get", "", dir), "error: keyring: locked")
	d.signal(t, syscall.SIGKILL)
	turn("dead")
	out := output(t, d.env, "get", "", dir)
	wantSaid(t, out, "error: keyring: ")
	wantNotSaid(t, out, "done", "not exist")
	d.unlock(t)
	turn("unlocked")
	wantSaid(t, output(t, d.env, "get", "", dir), "value: unlocked", "done")
}

func TestSecretServiceFrozen(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	dir := t.TempDir()
	wantSaid(t, output(t, d.env, "put", "", dir, "value"), "done")
	d.signal(t, syscall.SIGSTOP)
	out := output(t, append(d.env, "CHATELAINE_TEST_TIMEOUT=300ms"), "get", "", dir)
	wantSaid(t, out, "error: keyring: unavailable", "no response in time")
	d.signal(t, syscall.SIGCONT)
	wantSaid(t, output(t, d.env, "get", "", dir), "value: value", "done")
}

// The user deletes the key in the keyring's program: the value is not called
// absent, and no new key takes the place of the old one.
func TestSecretServiceKeyDeleted(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	dir := t.TempDir()
	wantSaid(t, output(t, d.env, "put", "", dir, "value"), "done")
	for _, item := range d.items(t) {
		var prompt dbus.ObjectPath
		if err := d.bus.Object("org.freedesktop.secrets", item).Call("org.freedesktop.Secret.Item.Delete", 0).Store(&prompt); err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range []string{"get", "put"} {
		out := output(t, d.env, role, "", dir, "value 2")
		wantSaid(t, out, "error: storage: encryption key missing")
		wantNotSaid(t, out, "not exist", "done")
	}
	wantSaid(t, output(t, d.env, "diagnose", dir), "secret-service: usable false, selected true: storage: encryption key missing", "sign in again")
	if items := d.items(t); len(items) != 0 {
		t.Errorf("a key was created: %v", items)
	}
	wantSaid(t, output(t, d.env, "purge", "", dir), "done")
	wantSaid(t, output(t, d.env, "put", "", dir, "value 2"), "done")
	wantSaid(t, output(t, d.env, "get", "", dir), "value: value 2", "done")
}

// Two programs whose stores have the same service but not the same directory
// share a keyring and do not get in each other's way.
func TestSecretServiceTwoStores(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	a, b := t.TempDir(), t.TempDir()
	wantSaid(t, output(t, d.env, "put", "", a, "a"), "done")
	wantSaid(t, output(t, d.env, "put", "", b, "b"), "done")
	wantSaid(t, output(t, d.env, "purge", "", b), "done")
	wantSaid(t, output(t, d.env, "get", "", a), "value: a", "done")
}

// A keyring without any collection, as after a first login over ssh.
func TestSecretServiceWithoutCollection(t *testing.T) {
	t.Parallel()
	d := newBus(t)
	out := output(t, d.env, "put", "", t.TempDir(), "value")
	wantSaid(t, out, "error: keyring: unavailable", "no default collection", `"file"`)
	if strings.Contains(out, "done") {
		t.Error(out)
	}
}

func TestSecretServiceConformance(t *testing.T) {
	t.Parallel()
	underSession(t, newDesktop(t).env, "secret-service")
}

func TestSecretServiceKilled(t *testing.T) {
	t.Parallel()
	d := newDesktop(t)
	underSession(t, d.env, "secret-service", "kills")
	// One store is left, and every other key, also of Opens that were killed, has
	// been removed.
	if items := d.items(t); len(items) != 1 {
		t.Errorf("%d entries are left in the keyring", len(items))
	}
}
