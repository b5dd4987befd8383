package main

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// interruptedTwice is the exit code of a process that its second interrupt has ended:
// STATUS_CONTROL_C_EXIT.
const interruptedTwice = 0xc000013a

// interruptible prepares a command for interrupt: Windows interrupts groups of processes, so it
// gets one of its own.
func interruptible(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// interrupt is Ctrl-Break, which Go treats like Ctrl-C. A group of its own does not get Ctrl-C.
func interrupt(p *os.Process) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid)) //nolint:gosec // an id of a process
}
