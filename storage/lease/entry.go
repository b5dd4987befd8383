package lease

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// An entry is what [CAS] keeps under a key. The zero value stands for none.
type entry struct {
	version     int64 // the fence of the last writer
	fence       int64 // of the present lease; 0: none
	owner       string
	ttl         time.Duration
	beat        uint64 // renewals, so that each write makes a new entry
	interrupted bool
	value       []byte // nil: absent
}

// The form of an entry: the magic bytes, the format version, flags, five
// numbers of 8 bytes (big-endian) of which the last is the length of the
// owner, the owner, the value.
const (
	entryMagic   = "CHATLEAS"
	entryVersion = 1
	entryHeader  = len(entryMagic) + 2 + 5*8

	flagInterrupted = 1 << 0
	flagValue       = 1 << 1 // there is a value
)

func (e entry) bytes() []byte {
	var flags byte
	if e.interrupted {
		flags |= flagInterrupted
	}
	if e.value != nil {
		flags |= flagValue
	}
	b := make([]byte, 0, entryHeader+len(e.owner)+len(e.value))
	b = append(b, entryMagic...)
	b = append(b, entryVersion, flags)
	for _, n := range []int64{e.version, e.fence, e.ttl.Nanoseconds(), int64(e.beat), int64(len(e.owner))} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, e.owner...)
	return append(b, e.value...)
}

func parseEntry(b []byte) (entry, error) {
	if len(b) <= len(entryMagic) || string(b[:len(entryMagic)]) != entryMagic {
		return entry{}, fmt.Errorf("%w: it was not written by this package", storage.ErrCorrupt)
	}
	if v := b[len(entryMagic)]; v > entryVersion {
		return entry{}, fmt.Errorf("%w: it has format version %d, this program knows up to %d", storage.ErrTooNew, v, entryVersion)
	}
	if len(b) < entryHeader {
		return entry{}, fmt.Errorf("%w: it is cut short", storage.ErrCorrupt)
	}
	flags := b[len(entryMagic)+1]
	var n [5]int64
	for i := range n {
		n[i] = int64(binary.BigEndian.Uint64(b[len(entryMagic)+2+8*i:]))
	}
	rest := b[entryHeader:]
	if n[4] < 0 || n[4] > int64(len(rest)) || n[2] < 0 {
		return entry{}, fmt.Errorf("%w: %w", storage.ErrCorrupt, errors.New("bad header"))
	}
	e := entry{
		version: n[0], fence: n[1], ttl: time.Duration(n[2]), beat: uint64(n[3]),
		owner: string(rest[:n[4]]), interrupted: flags&flagInterrupted != 0,
	}
	if flags&flagValue != 0 {
		e.value = append([]byte{}, rest[n[4]:]...)
	}
	return e, nil
}
