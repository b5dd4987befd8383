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
// [Patience] per address. It sends nothing to a process of another user.
func Probe() Bus {
	list := address()
	if list == "" || list == "autolaunch:" {
		list = wellKnown()
	}
	if list == "" {
		return Bus{State: NoAddress}
	}
	found := Bus{State: Unreachable}
	for entry := range strings.SplitSeq(list, ";") {
		transport, params, _ := strings.Cut(entry, ":")
		switch transport {
		case "unix":
			if bus := probeUnix(params); bus.State != Unreachable {
				return bus
			}
		case "tcp", "nonce-tcp":
			found.State = Unsupported
		}
	}
	return found
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

// socketName returns the address of a unix transport, as the client reads it.
func socketName(params string) string {
	var path, abstract string
	for param := range strings.SplitSeq(params, ",") {
		switch key, value, _ := strings.Cut(param, "="); {
		case key == "path" && path == "":
			path = value
		case key == "abstract" && abstract == "":
			abstract = "@" + value
		}
	}
	if path != "" && abstract != "" {
		return "" // the client refuses both
	}
	return path + abstract
}

func probeUnix(params string) Bus {
	name := socketName(params)
	if name == "" {
		return Bus{State: Unreachable}
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return Bus{State: Unreachable}
	}
	defer func() { _ = syscall.Close(fd) }()
	limit := syscall.NsecToTimeval(Patience.Nanoseconds())
	for _, option := range []int{syscall.SO_SNDTIMEO, syscall.SO_RCVTIMEO} {
		if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, option, &limit); err != nil {
			return Bus{State: Unsupported}
		}
	}
	switch err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: name}); err {
	case nil:
	case syscall.EAGAIN, syscall.EINPROGRESS, syscall.EINTR: // its queue is full
		return Bus{State: Silent}
	default:
		return Bus{State: Unreachable}
	}
	// The kernel remembers which user called listen, for as long as the socket
	// exists.
	peer, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	switch {
	case err != nil:
		return Bus{State: Unsupported}
	case int(peer.Uid) != os.Geteuid():
		return Bus{State: Foreign, Owner: int(peer.Uid)}
	}
	return Bus{State: ask(fd)}
}

// ask begins the authentication dialog, to which every bus responds with the
// mechanisms it knows.
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
