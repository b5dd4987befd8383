package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// TestPrompt_console runs prompts on a console of their own, where the program types for its user.
// However one is given up, the console is as before, and the next one gets every character of its
// line and nothing else.
func TestPrompt_console(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"deadline", "ctrl-c", "answered"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cmd := command(t.Context(), t, nil, "console", how, t.TempDir())
			cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_CONSOLE, HideWindow: true}
			out, err := runFor(t, cmd)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			first := map[string]string{"deadline": "deadline exceeded", "ctrl-c": "canceled", "answered": "first: <nil>"}[how]
			wantSaid(t, out, first, "mode is as before: true", "second: true <nil>", "done")
			wantNotSaid(t, out, "correct")
		})
	}
}

func runFor(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	err := cmd.Wait()
	return out.String(), err
}

// consolePrompts is a program with two prompts, the first of which it gives up.
func consolePrompts(ctx context.Context, how, dir string) error {
	console, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	in := windows.Handle(console.Fd())
	var before, after uint32
	if err := windows.GetConsoleMode(in, &before); err != nil {
		return err
	}
	const phrase = "correct hörse 🐴"
	switch how {
	case "deadline":
		limited, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		err = press(in, "left behind")
		if err == nil {
			cfg := fileConfig(dir)
			cfg.Passphrase = keyring.PassphrasePrompt
			_, err = keyring.Open(limited, cfg)
		}
	case "ctrl-c":
		if err := press(in, "left behind"); err != nil {
			return err
		}
		signal.Notify(make(chan os.Signal, 1), os.Interrupt) // else it ends the program when it comes too early
		stop := interruptUntilDone()
		_, err = keyring.PassphrasePrompt("First")
		stop()
	case "answered":
		if err := press(in, "wrong\x15wrong\x1bcorrect hörse 🐴🐴\b\r"); err != nil {
			return err
		}
		var line string
		if line, err = keyring.PassphrasePrompt("First"); err == nil && line != phrase {
			err = fmt.Errorf("read %d bytes", len(line))
		}
	}
	fmt.Println("first:", err)
	if err := windows.GetConsoleMode(in, &after); err != nil {
		return err
	}
	fmt.Println("mode is as before:", before == after)
	// Some of it is typed before the prompt appears, and some while it is there, which a reader that
	// was left over could take.
	if err := press(in, phrase[:4]); err != nil {
		return err
	}
	typing := make(chan error, 1)
	time.AfterFunc(200*time.Millisecond, func() { typing <- press(in, phrase[4:]+"\r") })
	line, err := keyring.PassphrasePrompt("Second")
	err = errors.Join(err, <-typing)
	fmt.Println("second:", line == phrase, err)
	return nil
}

// interruptUntilDone presses Ctrl-C again and again, because a prompt that has just appeared may not
// listen yet.
func interruptUntilDone() (stop func()) {
	over := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-tick.C:
				_ = windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0)
			case <-over:
				tick.Stop()
				return
			}
		}
	}()
	return func() { close(over); <-ended }
}

var writeConsoleInput = windows.NewLazySystemDLL("kernel32.dll").NewProc("WriteConsoleInputW")

// press types text on the console.
func press(console windows.Handle, text string) error {
	type record struct {
		event, _                    uint16
		down                        int32
		repeat, virtual, scan, unit uint16
		control                     uint32
	}
	var records []record
	for _, unit := range utf16.Encode([]rune(text)) {
		records = append(records, record{event: 1, down: 1, repeat: 1, unit: unit}, record{event: 1, repeat: 1, unit: unit})
	}
	var n uint32
	ok, _, err := writeConsoleInput.Call(uintptr(console), uintptr(unsafe.Pointer(&records[0])), uintptr(len(records)), uintptr(unsafe.Pointer(&n)))
	if ok == 0 || int(n) != len(records) {
		return errors.Join(errors.New("type"), err)
	}
	return nil
}
