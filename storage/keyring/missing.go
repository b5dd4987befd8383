package keyring

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage/keyring/internal/busguard"
)

// errForeignBus is about a session bus that another user's process listens at.
var errForeignBus = errors.New("the D-Bus session bus belongs to another user")

var errOtherPlatform = errors.New("belongs to another operating system")

// missing tells why the backend cannot be tried at all in this process, or nil.
func (b *backend) missing() error {
	if b.cfg.seams.fake {
		return nil
	}
	reason := b.reasonMissing()
	if reason == nil {
		return nil
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, b.name, reason)
}

func (b *backend) reasonMissing() error {
	if !slices.Contains(platforms()[b.name], runtime.GOOS) {
		return errOtherPlatform
	}
	if b.name == backendPass {
		if err := reasonNoPass(); err != nil {
			return err
		}
	}
	if slices.Contains(kr.AvailableBackends(), kr.BackendType(b.name)) {
		return nil
	}
	switch b.name {
	case backendKeychain:
		return errors.New("this program was built without cgo, which the macOS keychain needs")
	case backendSecretService, backendKWallet:
		return reasonNoBus(busguard.Probe())
	}
	return kr.ErrNoAvailImpl
}

func platforms() map[string][]string {
	unix := []string{"linux", "darwin", "freebsd", "netbsd", "openbsd", "dragonfly", "android"}
	return map[string][]string{
		backendSecretService: {"linux"},
		backendKWallet:       {"linux"},
		backendKeychain:      {"darwin"},
		backendWinCred:       {"windows"},
		backendPass:          unix,
		backendFile:          append(unix, "windows"),
	}
}

func reasonNoBus(bus busguard.Bus) error {
	switch bus.State {
	case busguard.NoAddress:
		return errors.New("there is no D-Bus session bus: this is no desktop session")
	case busguard.Unreachable:
		return errors.New("nobody listens at the address of the D-Bus session bus")
	case busguard.Silent:
		return fmt.Errorf("the D-Bus session bus accepts connections but does not answer within %v", busguard.Patience)
	case busguard.Unsupported:
		return errors.New("the D-Bus session bus is reached over the network, which could hang this program")
	case busguard.Foreign:
		return fmt.Errorf("%w: it belongs to user %d, this process to user %d; nothing was sent to it", errForeignBus, bus.Owner, os.Geteuid())
	default:
		return errors.New("the D-Bus session bus did not work when this program started, or DISABLE_KWALLET is set")
	}
}
