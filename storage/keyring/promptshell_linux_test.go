package keyring_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const (
	typedInVain = "left behind"   // at a prompt that is given up
	typed       = "correct horse" // at the next one
)

// prompts is a program that gives up one prompt and shows another.
func prompts(ctx context.Context, first, dir string) error {
	fmt.Println("pid:", os.Getpid())
	var err error
	if limit, bad := time.ParseDuration(first); bad == nil {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		cfg := fileConfig(dir)
		cfg.Passphrase = keyring.PassphraseOnce(keyring.PassphrasePrompt)
		_, err = keyring.Open(ctx, cfg)
	} else if first == "prompt" {
		_, err = keyring.PassphrasePrompt("First")
	}
	fmt.Println("first:", err)
	line, err := keyring.PassphrasePrompt("Second")
	fmt.Println("second:", line == typed, len(line), err)
	return nil
}

// A shell is an interactive shell with job control on a terminal of its own.
type shell struct {
	*screen
	tty *os.File
	cmd *exec.Cmd
}

func newShell(t *testing.T) *shell {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		lacking(t, "bash is not installed")
	}
	tty, user := newTerminal(t)
	cmd := exec.CommandContext(t.Context(), "bash", "--norc", "--noprofile", "-i")
	cmd.Env = append(os.Environ(), "PS1=<prompt>", "HISTFILE=", "TERM=dumb", os.ExpandEnv("GORACE=$GORACE atexit_sleep_ms=0"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = user, user, user
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = user.Close()
	s := &shell{screen: &screen{}, tty: tty, cmd: cmd}
	go func() { _, _ = io.Copy(s.screen, tty) }()
	t.Cleanup(func() {
		_ = tty.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	s.await(t, "<prompt>")
	return s
}

// run types a command.
func (s *shell) run(t *testing.T, command string) {
	t.Helper()
	typeLine(t, s.tty, command)
}

// program types the command of the program.
func (s *shell) program(t *testing.T, args ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.run(t, self+` '-test.run=^$' `+childMarker+" "+strings.Join(args, " "))
}

func (s *shell) write(t *testing.T, bytes string) {
	t.Helper()
	if _, err := s.tty.WriteString(bytes); err != nil {
		t.Fatal(err)
	}
}

// wantEcho checks how the shell's programs find the terminal.
func (s *shell) wantEcho(t *testing.T) {
	t.Helper()
	mark := "mark" + strconv.Itoa(len(s.await(t, "<prompt>")))
	// The quotes keep the end from being found in what the terminal echoes of the command.
	s.run(t, "echo "+mark+"; stty -a; echo 'end'-"+mark)
	text := s.await(t, "end-"+mark+"\r\n<prompt>")
	state := text[max(0, strings.LastIndex(text, mark+"\r\nspeed")):]
	for _, flag := range []string{" echo ", " icanon ", "isig "} {
		if !strings.Contains(state, flag) {
			t.Errorf("no %q in %s", flag, state)
		}
	}
}

// pid returns the process id that the program has told.
func (s *shell) pid(t *testing.T) int {
	t.Helper()
	s.await(t, "First: ")
	text := s.await(t, "\npid: ")
	_, rest, _ := strings.Cut(text, "\npid: ")
	line, _, _ := strings.Cut(rest, "\r")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// However a prompt is given up, the terminal is as before, typed text is neither shown nor left
// over, and the next prompt gets every byte of its line.
func TestPromptGivenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first  string
		giveUp func(t *testing.T, s *shell)
		reason string
	}{
		"deadline of Open": {"1s", func(*testing.T, *shell) {}, "deadline exceeded"},
		"Ctrl-C":           {"prompt", func(t *testing.T, s *shell) { t.Helper(); s.write(t, "\x03") }, "canceled"},
		"Ctrl-Backslash":   {"prompt", func(t *testing.T, s *shell) { t.Helper(); s.write(t, "\x1c") }, "canceled"},
		"kill":             {"prompt", kill(syscall.SIGTERM), "canceled"},
		"hang-up":          {"prompt", kill(syscall.SIGHUP), "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			s.program(t, "prompts", c.first, t.TempDir())
			if c.first == "prompt" {
				s.await(t, "First: ")
			} else {
				s.await(t, "New passphrase for the keys of chatelaine-test: ")
			}
			s.write(t, typedInVain)
			c.giveUp(t, s)
			s.await(t, c.reason)
			s.await(t, "Second: ")
			s.write(t, typed+"\n")
			s.await(t, "second: true "+strconv.Itoa(len(typed))+" <nil>")
			s.await(t, "done\r\n<prompt>")
			s.wantEcho(t)
			s.wantHidden(t)
		})
	}
}

// A program that is killed outright cannot restore anything. The shell then finds the terminal
// without echo, and restores the settings from before the program.
func TestPromptKilled(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.program(t, "prompts", "prompt", t.TempDir())
	s.await(t, "First: ")
	kill(syscall.SIGKILL)(t, s)
	s.awaitAfter(t, "Killed", "<prompt>")
	s.wantEcho(t)
}

func kill(signal syscall.Signal) func(t *testing.T, s *shell) {
	return func(t *testing.T, s *shell) {
		t.Helper()
		if err := syscall.Kill(s.pid(t), signal); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *shell) wantHidden(t *testing.T) {
	t.Helper()
	if text := s.await(t, "<prompt>"); strings.Contains(text, typed) || strings.Contains(text, typedInVain) {
		t.Errorf("on the screen: %q", text)
	}
}

// A prompt that is stopped gives the terminal to the shell, and appears again
// when the shell continues it.
func TestPromptStopped(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(t *testing.T, s *shell){
		"Ctrl-Z":     func(t *testing.T, s *shell) { t.Helper(); s.write(t, "\x1a") },
		"kill -TSTP": kill(syscall.SIGTSTP),
		"kill -STOP": kill(syscall.SIGSTOP),
		"Ctrl-Z, bg": func(t *testing.T, s *shell) {
			t.Helper()
			s.write(t, "\x1a")
			s.awaitAfter(t, "Stopped", "<prompt>")
			s.run(t, "bg")
		},
		"Ctrl-Z two": func(t *testing.T, s *shell) {
			t.Helper()
			s.write(t, "\x1a")
			s.awaitAfter(t, "Stopped", "<prompt>")
			s.again(t)
			s.write(t, "\x1a")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			s.program(t, "prompts", "prompt", t.TempDir())
			s.await(t, "First: ")
			caught := strings.HasPrefix(name, "Ctrl-Z")
			if caught {
				s.write(t, typedInVain)
			}
			stop(t, s)
			s.awaitCount(t, "Stopped", 1+strings.Count(name, "two"))
			s.awaitAfter(t, "Stopped", "<prompt>")
			if caught {
				s.wantEcho(t)
			}
			s.again(t)
			s.write(t, typed+"\n")
			s.await(t, "first: <nil>")
			s.await(t, "Second: ")
			s.write(t, typed+"\n")
			s.await(t, "second: true "+strconv.Itoa(len(typed))+" <nil>")
			s.await(t, "done\r\n<prompt>")
			s.wantEcho(t)
			s.wantHidden(t)
		})
	}
}

// again brings the program back and waits for its prompt.
func (s *shell) again(t *testing.T) {
	t.Helper()
	shown := strings.Count(s.await(t, "First: "), "First: ")
	s.run(t, "fg")
	s.awaitCount(t, "First: ", shown+1)
}

func (s *shell) awaitCount(t *testing.T, phrase string, n int) {
	t.Helper()
	for began := time.Now(); strings.Count(s.await(t, phrase), phrase) < n; pause(5 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("not %d times %q: %q", n, phrase, s.await(t, phrase))
		}
	}
}

// awaitAfter waits until phrase appears after the last mark.
func (s *shell) awaitAfter(t *testing.T, mark, phrase string) {
	t.Helper()
	after := func() string { text := s.await(t, mark); return text[strings.LastIndex(text, mark):] }
	for began := time.Now(); !strings.Contains(after(), phrase); pause(5 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("no %q after %q: %q", phrase, mark, after())
		}
	}
}
