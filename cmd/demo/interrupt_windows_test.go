package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"
)

// interruptedTwice is the exit code of a process that its second interrupt has ended:
// STATUS_CONTROL_C_EXIT.
const interruptedTwice = 0xc000013a

// interruptible prepares a command for interrupt: Windows interrupts all processes of a console, so
// it gets one of its own.
func interruptible(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_CONSOLE, HideWindow: true}
}

// interrupt is Ctrl-C. A process has one console at a time, so a helper process attaches to that of p.
func interrupt(p *os.Process) error {
	k, err := theKeyboard()
	if err != nil {
		return err
	}
	return k.press(p.Pid)
}

// A keyboard is a process that presses Ctrl-C on the consoles of others, as long as this one lives.
type keyboard struct {
	mu   sync.Mutex
	pids io.Writer
	done *bufio.Reader
}

var theKeyboard = sync.OnceValues(func() (*keyboard, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), self)
	cmd.Args = []string{"ctrl-c"} // not the copy in the PATH, which is removed before this process ends
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &keyboard{pids: in, done: bufio.NewReader(out)}, cmd.Start()
})

func (k *keyboard) press(pid int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := fmt.Fprintln(k.pids, pid); err != nil {
		return err
	}
	answer, err := k.done.ReadString('\n')
	if err == nil && answer != "pressed\n" {
		err = errors.New(answer)
	}
	return err
}

// pressCtrlC is the command ctrl-c.
func pressCtrlC() {
	kernel := windows.NewLazySystemDLL("kernel32.dll")
	_, _, _ = kernel.NewProc("SetConsoleCtrlHandler").Call(0, 1) // it does not end this process
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		pid, err := strconv.ParseUint(lines.Text(), 10, 32)
		if err == nil {
			_, _, _ = kernel.NewProc("FreeConsole").Call()
			if ok, _, failure := kernel.NewProc("AttachConsole").Call(uintptr(pid)); ok == 0 {
				err = failure
			} else {
				err = windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0)
			}
		}
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("pressed")
	}
}
