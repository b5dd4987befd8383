package busguard

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Patience is how long a bus may take to answer; a busy one takes a few
// milliseconds.
const Patience = 700 * time.Millisecond

func address() string {
	// Not os.Getenv only because the environment is otherwise main's business;
	// this variable belongs to D-Bus, and its client reads it anyhow.
	value, _ := syscall.Getenv(variable)
	return value
}

// Probe tries the session bus that the client would use, for at most about
// [Patience] per address.
func Probe() State {
	list := address()
	if list == "" || list == "autolaunch:" {
		list = wellKnown()
	}
	if list == "" {
		return NoAddress
	}
	state := Unreachable
	for entry := range strings.SplitSeq(list, ";") {
		transport, params, _ := strings.Cut(entry, ":")
		switch transport {
		case "unix":
			if s := probeUnix(params); s != Unreachable {
				return s
			}
		case "tcp", "nonce-tcp":
			state = Unsupported
		}
	}
	return state
}

// wellKnown finds the bus where the client looks for one without an address.
func wellKnown() string {
	dir := "/run/user/" + strconv.Itoa(os.Getuid())
	if _, err := os.Stat(dir + "/bus"); err == nil {
		return "unix:path=" + dir + "/bus"
	}
	file, err := os.ReadFile("/run/user/" + strconv.Itoa(os.Getuid()) + "/dbus-session")
	if err != nil {
		return ""
	}
	found, _ := strings.CutPrefix(string(file), variable+"=")
	return strings.TrimRight(found, "\r\n")
}

func probeUnix(params string) State {
	var name string
	for param := range strings.SplitSeq(params, ",") {
		if path, ok := strings.CutPrefix(param, "path="); ok {
			name = path
		}
		if abstract, ok := strings.CutPrefix(param, "abstract="); ok {
			name = "@" + abstract
		}
	}
	if name == "" {
		return Unreachable
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return Unreachable
	}
	defer func() { _ = syscall.Close(fd) }()
	limit := syscall.NsecToTimeval(Patience.Nanoseconds())
	for _, option := range []int{syscall.SO_SNDTIMEO, syscall.SO_RCVTIMEO} {
		if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, option, &limit); err != nil {
			return Unsupported
		}
	}
	switch err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: name}); err {
	case nil:
		return ask(fd)
	case syscall.EAGAIN, syscall.EINPROGRESS, syscall.EINTR: // its queue is full
		return Silent
	default:
		return Unreachable
	}
}

// ask begins the authentication dialog, to which every bus answers by naming
// the mechanisms it knows.
func ask(fd int) State {
	if _, err := syscall.Write(fd, []byte("\x00AUTH\r\n")); err != nil {
		return Unreachable
	}
	deadline := time.Now().Add(Patience)
	for buf := make([]byte, 64); ; {
		n, err := syscall.Read(fd, buf)
		switch {
		case n > 0:
			return Usable
		case err == syscall.EINTR && time.Now().Before(deadline):
		case err == nil:
			return Unreachable // closed on us; it will be on the client, too
		default:
			return Silent
		}
	}
}
