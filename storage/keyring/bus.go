package keyring

import (
	"errors"
	"fmt"
	"os"

	"github.com/chatelaine-go/chatelaine/storage/keyring/internal/busguard"
)

// whyNoBus reports why the library found no session bus when the program
// started.
func whyNoBus() error {
	switch bus := busguard.Probe(); bus.State {
	case busguard.NoAddress:
		return errors.New("there is no D-Bus session bus, which a desktop session has")
	case busguard.Unreachable:
		return errors.New("no process listens at the address of the D-Bus session bus")
	case busguard.Silent:
		return fmt.Errorf("the D-Bus session bus accepts connections but does not respond within %v", busguard.Patience)
	case busguard.Unsupported:
		return errors.New("the D-Bus session bus is reached over the network, which could hang this program")
	case busguard.Foreign:
		return fmt.Errorf("%w: it belongs to user %d, this process to user %d; nothing was sent to it", errForeignBus, bus.Owner, os.Geteuid())
	default:
		return errors.New("the D-Bus session bus did not work when this program started, or DISABLE_KWALLET is set")
	}
}

func whyNoCgo() error {
	return errors.New("this program was built without cgo, which the macOS Keychain needs")
}
