package main

import (
	"runtime"
)

// A place is what kind of session the program runs in, as far as that decides which keyrings work.
type place string

const (
	desktop   place = "a desktop session"
	overSSH   place = "a login over ssh"
	container place = "a container"
	service   place = "cron or a service, without a terminal"
	console   place = "a terminal without a desktop session"
)

// placeOf recognizes the place by the environment and a few files.
func placeOf(goos string, getenv func(string) string, exists func(string) bool, terminal bool) place {
	set := func(names ...string) bool {
		for _, name := range names {
			if getenv(name) != "" {
				return true
			}
		}
		return false
	}
	switch {
	case set("KUBERNETES_SERVICE_HOST", "container") || exists("/.dockerenv") || exists("/run/.containerenv"):
		return container
	case set("SSH_CONNECTION", "SSH_TTY"):
		return overSSH
	case set("INVOCATION_ID") && !terminal: // of systemd; a terminal in a desktop session has it, too
		return service
	case set("DISPLAY", "WAYLAND_DISPLAY") || goos == "windows" || goos == "darwin":
		return desktop
	case !terminal:
		return service
	default:
		return console
	}
}

// advice says what to do if the keyring that would be used does not work. Fix is about that
// keyring.
func (p place) advice(fix string) []string {
	const file = "demo login --backend file --passphrase-file FILE"
	remember := "set CHATELAINE_BACKEND=file and CHATELAINE_PASSPHRASE_FILE=FILE for all commands"
	switch p {
	case container:
		return []string{
			"Mount a secret with a passphrase, and let the key of the session be encrypted with it:",
			"  " + file, remember,
		}
	case service:
		return []string{
			"The keyrings of the desktop are out of reach here. Put a passphrase into a file that",
			"only this user can read, and sign in to a profile of its own:",
			"  " + file + " --profile cron", remember,
		}
	case overSSH:
		return []string{
			"The keyrings of the desktop are locked or out of reach over ssh. Use an encrypted",
			"file; its passphrase is prompted for, or read from a file:",
			"  demo login --backend file",
			"or set up pass (gpg) and use --backend pass",
		}
	case console:
		return []string{
			"Use an encrypted file; its passphrase is prompted for, or read from a file:",
			"  demo login --backend file",
			"or set up pass (gpg) and use --backend pass",
		}
	default:
		lines := []string{"or use an encrypted file: demo login --backend file"}
		if fix != "" {
			lines = append([]string{sentence(fix)}, lines...)
		}
		return lines
	}
}

func (a *app) place() place {
	return placeOf(runtime.GOOS, a.getenv, fileExists, a.hasTerminal())
}
