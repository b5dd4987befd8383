//go:build !windows

package main

import (
	"os"
	"os/exec"
)

// interruptedTwice is the exit code of a process that its second interrupt has ended: death by a
// signal.
const interruptedTwice = -1

// interruptible prepares a command for interrupt.
func interruptible(*exec.Cmd) {}

// interrupt is Ctrl-C.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }

// pressCtrlC is a command that only Windows needs.
func pressCtrlC() { os.Exit(1) }
