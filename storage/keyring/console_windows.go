package keyring

import (
	"context"
	"fmt"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// readConsoleInput is ReadConsoleInputW, which package windows lacks. It returns
// one event, whereas ReadConsole waits for a key although there are only others.
var readConsoleInput = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleInputW")

const (
	keyEvent = 1
	altKey   = 0x12 // VK_MENU: its release ends a character typed by its number
)

// An inputRecord is an INPUT_RECORD with a KEY_EVENT_RECORD in it.
type inputRecord struct {
	event   uint16
	_       uint16
	down    int32
	repeat  uint16
	virtual uint16
	scan    uint16
	unit    uint16 // of UTF-16
	control uint32
}

// nextKey takes one event out of the console's queue, which must not be empty,
// and returns the unit of UTF-16 that it types so many times; zero times if it
// types none.
func nextKey(console windows.Handle) (unit uint16, times int, err error) {
	var (
		record inputRecord
		n      uint32
	)
	ok, _, err := readConsoleInput.Call(uintptr(console), uintptr(unsafe.Pointer(&record)), 1, uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		return 0, 0, err
	}
	if n == 0 || record.event != keyEvent || record.unit == 0 || record.down == 0 && record.virtual != altKey {
		return 0, 0, nil
	}
	return record.unit, max(1, int(record.repeat)), nil
}

// The keys that edit a line, as the console's own editor has them.
const (
	ctrlC     = 0x03
	backspace = 0x08
	enter     = '\r'
	newline   = '\n'
	ctrlU     = 0x15 // as on other systems
	escape    = 0x1b
)

// keys is the line that is being typed, in units of UTF-16.
type keys struct{ units []uint16 }

// press adds a key to the line. It reports whether that ends the line.
func (k *keys) press(unit uint16) (done bool, err error) {
	switch {
	case unit == enter, unit == newline:
		return true, nil
	case unit == ctrlC: // not a signal in a console that others have set up
		k.clear()
		return false, interrupted(context.Canceled)
	case unit == backspace:
		n := len(k.units)
		if n > 1 && utf16.IsSurrogate(rune(k.units[n-1])) {
			n--
		}
		k.units = k.units[:max(0, n-1)]
	case unit == ctrlU, unit == escape:
		k.clear()
	case unit < ' ':
	case len(k.units) == maxPassphrase:
		k.clear()
		return false, fmt.Errorf("the passphrase is longer than %d bytes", maxPassphrase)
	default:
		k.units = append(k.units, unit)
	}
	return false, nil
}

func (k *keys) text() string { return string(utf16.Decode(k.units)) }

func (k *keys) clear() {
	clear(k.units)
	k.units = k.units[:0]
}
