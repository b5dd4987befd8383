package keyring_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A screen holds what a terminal has shown so far.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) shows(phrase string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), phrase)
}

// settle gives phrase a moment to appear.
func (s *screen) settle(phrase string) {
	for began := time.Now(); !s.shows(phrase) && time.Since(began) < time.Second/5; {
		pause(5 * time.Millisecond)
	}
}

func (s *screen) await(t *testing.T, phrase string) string {
	t.Helper()
	for began := time.Now(); ; pause(5 * time.Millisecond) {
		s.mu.Lock()
		text := s.text.String()
		s.mu.Unlock()
		if strings.Contains(text, phrase) {
			return text
		}
		if time.Since(began) > patience {
			t.Fatalf("no %q on the screen: %q", phrase, text)
		}
	}
}

// onTerminal runs the program on a terminal of its own.
func onTerminal(t *testing.T, role string, args ...string) (cmd *exec.Cmd, tty *os.File, s *screen) {
	t.Helper()
	cmd = command(t.Context(), t, nil, role, args...)
	tty, user := newTerminal(t)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = user, user, user
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = user.Close()
	s = &screen{}
	go func() { _, _ = io.Copy(s, tty) }()
	return cmd, tty, s
}

// newTerminal returns both ends of a pseudo terminal.
func newTerminal(t *testing.T) (tty, user *os.File) {
	t.Helper()
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		lacking(t, "pseudo terminals: "+err.Error())
	}
	t.Cleanup(func() { _ = tty.Close() })
	if err := unix.IoctlSetPointerInt(int(tty.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	user, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return tty, user
}

func TestPromptOnATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, tty, s := onTerminal(t, "ask", dir)
	s.await(t, "New passphrase for the keys of chatelaine-test: ")
	typeLine(t, tty, "tr0ub4dor")
	s.await(t, "Once more: ")
	typeLine(t, tty, "tr0ub4dr")
	s.await(t, "error: keyring: no passphrase: the two passphrases typed are not the same")
	_, tty, s = onTerminal(t, "ask", dir)
	s.await(t, "New passphrase for the keys of chatelaine-test: ")
	typeLine(t, tty, "tr0ub4dr\x7f"+"or") // the last letter is erased
	typeLine(t, tty, "no\x15tr0ub4dor")   // before it is asked for
	if text := s.await(t, "done"); strings.Contains(text, "tr0ub4d") {
		t.Errorf("the passphrase is on the screen: %q", text)
	}
	_, tty, s = onTerminal(t, "ask", dir)
	s.await(t, "\nPassphrase for the keys of chatelaine-test: "[1:])
	typeLine(t, tty, "tr0ub4dor&3")
	s.await(t, "error: keyring: wrong passphrase")
}

func typeLine(t *testing.T, tty *os.File, line string) {
	t.Helper()
	if _, err := tty.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
}

// After the user interrupts the prompt, the terminal shows typed text again.
func TestPromptInterrupted(t *testing.T) {
	t.Parallel()
	cmd, tty, s := onTerminal(t, "ask", t.TempDir())
	s.await(t, "New passphrase")
	// Ctrl-C is typed again and again, because the terminal does not react to it yet when the
	// prompt appears. When it does, the line ends.
	for began := time.Now(); !s.shows(": \r\n") && time.Since(began) < patience; {
		if _, err := tty.Write([]byte{3}); err != nil {
			t.Fatal(err)
		}
		s.settle(": \r\n")
	}
	s.await(t, "error: keyring: passphrase: interrupted")
	s.await(t, "echo on")
	_ = cmd.Wait()
}

func TestPromptWithoutATerminal(t *testing.T) {
	t.Parallel()
	cmd := command(t.Context(), t, nil, "ask", t.TempDir())
	inSession(cmd) // without a controlling terminal
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	wantSaid(t, string(out), "error: keyring: passphrase: there is no terminal")
}
