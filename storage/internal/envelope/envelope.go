// Package envelope is the on-disk form of a sealed value, as docs/format.md
// describes it.
//
// # Usage
//
//	sealed, err := envelope.Seal(key, c, generation, value)
//	value, generation, err := envelope.Open(key, c, sealed)
//
// # Errors
//
// [ErrCorrupt], [ErrTooNew], [ErrOtherKey] and [ErrNameless] say why a value cannot be opened.
//
// # Concurrency
//
// Functions are safe for concurrent use and change none of their arguments.
//
// # Security
//
// The [Context] of a value is authenticated along with it, so one value cannot be passed off as
// another.
package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// KeySize is the length of a key in bytes.
	KeySize = 32
	// Overhead is by how much a sealed value is longer than the value and its
	// name together.
	Overhead = headerSize + tagSize + nameLenSize
	// Version is the newest version that this code reads, and the one it writes.
	Version = 2

	// The first version held no name, so that only those who knew it could open
	// the envelope.
	nameless = 1

	magic      = "CHATLAIN"
	aes256GCM  = 1
	headerSize = 40
	nonceSize  = 12
	tagSize    = 16
	// In the plaintext, the length of the name stands before the name and that
	// before the value.
	nameLenSize = 2
	maxName     = 1<<16 - 1
)

// The ways in which Open can fail.
var (
	ErrCorrupt  = errors.New("damaged or not a sealed value of this key and service")
	ErrTooNew   = errors.New("written by a newer version")
	ErrOtherKey = errors.New("sealed with another encryption key")
	ErrNameless = errors.New("sealed by a version that did not keep the name")
)

// A KeyID names a key without revealing it.
type KeyID [8]byte

// IDOf returns the name of key.
func IDOf(key []byte) KeyID {
	h := sha256.New()
	h.Write([]byte("chatelaine key id v1\x00"))
	h.Write(key)
	return KeyID(h.Sum(nil))
}

// A Context is what a sealed value is bound to besides its key: opened with
// another context it is damaged.
type Context struct {
	Service string
	Name    string
}

// A Place stands for a context where the name must not be read, as in the name
// of a file.
type Place [16]byte

// PlaceOf returns the place of values sealed in c.
func PlaceOf(c Context) Place {
	sum := sha256.Sum256([]byte(c.Service + "\x00" + c.Name))
	return Place(sum[:len(Place{})])
}

// A header is the part of the envelope that is readable without the key. All
// of it is authenticated.
type header struct {
	version    byte
	keyID      KeyID
	generation uint64
	nonce      [nonceSize]byte
}

func (h header) bytes() []byte {
	b := make([]byte, 0, headerSize)
	b = append(b, magic...)
	b = append(b, h.version, aes256GCM, 0, 0)
	b = append(b, h.keyID[:]...)
	b = binary.BigEndian.AppendUint64(b, h.generation)
	return append(b, h.nonce[:]...)
}

func parse(b []byte) (header, error) {
	var h header
	if len(b) <= len(magic) || string(b[:len(magic)]) != magic {
		return h, fmt.Errorf("%w: it does not begin like a sealed value", ErrCorrupt)
	}
	if v := b[8]; v > Version {
		return h, fmt.Errorf("%w: it has format version %d, this program knows up to %d; update the program", ErrTooNew, v, Version)
	}
	h.version = b[8]
	if len(b) < headerSize+tagSize || h.version < nameless || b[9] != aes256GCM || b[10] != 0 || b[11] != 0 {
		return h, fmt.Errorf("%w: bad header", ErrCorrupt)
	}
	copy(h.keyID[:], b[12:20])
	h.generation = binary.BigEndian.Uint64(b[20:28])
	copy(h.nonce[:], b[28:40])
	return h, nil
}

// Seal encrypts value, together with the name in c.
func Seal(key []byte, c Context, generation uint64, value []byte) ([]byte, error) {
	if len(c.Name) > maxName {
		return nil, fmt.Errorf("name has %d bytes, at most %d are allowed", len(c.Name), maxName)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	h := header{version: Version, keyID: IDOf(key), generation: generation}
	if _, err := rand.Read(h.nonce[:]); err != nil {
		return nil, err
	}
	head := h.bytes()
	out := make([]byte, headerSize, Overhead+len(c.Name)+len(value))
	copy(out, head)
	plain := make([]byte, 0, nameLenSize+len(c.Name)+len(value))
	plain = binary.BigEndian.AppendUint16(plain, uint16(len(c.Name)))
	plain = append(append(plain, c.Name...), value...)
	defer clear(plain)
	return aead.Seal(out, h.nonce[:], plain, associated(head, c.Service, PlaceOf(c))), nil
}

// Open checks and decrypts what Seal made, now or in an earlier version. The
// value is a new slice, never nil. On any error there is no value.
func Open(key []byte, c Context, sealed []byte) (value []byte, generation uint64, err error) {
	h, plain, err := open(key, sealed, func(h header) []byte {
		if h.version == nameless {
			return associatedNameless(sealed[:headerSize], c)
		}
		return associated(sealed[:headerSize], c.Service, PlaceOf(c))
	})
	if err != nil {
		return nil, 0, err
	}
	if h.version == nameless {
		return plain, h.generation, nil
	}
	name, value, ok := cut(plain)
	if !ok || name != c.Name {
		return nil, 0, ErrCorrupt
	}
	return value, h.generation, nil
}

// NameOf returns the name that the value at place was sealed with. It fails as
// [Open] does, and with [ErrNameless] if the version kept no name.
func NameOf(key []byte, service string, place Place, sealed []byte) (string, error) {
	h, err := parse(sealed)
	if err != nil {
		return "", err
	}
	if h.version == nameless {
		return "", ErrNameless
	}
	_, plain, err := open(key, sealed, func(header) []byte { return associated(sealed[:headerSize], service, place) })
	if err != nil {
		return "", err
	}
	defer clear(plain)
	name, _, ok := cut(plain)
	if !ok || PlaceOf(Context{Service: service, Name: name}) != place {
		return "", ErrCorrupt
	}
	return name, nil
}

func open(key, sealed []byte, associated func(header) []byte) (h header, plain []byte, err error) {
	if h, err = parse(sealed); err != nil {
		return header{}, nil, err
	}
	if id := IDOf(key); h.keyID != id {
		return header{}, nil, fmt.Errorf("%w: it names key %x, ours is %x", ErrOtherKey, h.keyID, id)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return header{}, nil, err
	}
	plain, err = aead.Open(make([]byte, 0, len(sealed)-headerSize-tagSize), h.nonce[:], sealed[headerSize:], associated(h))
	if err != nil {
		return header{}, nil, ErrCorrupt
	}
	return h, plain, nil
}

// cut takes the plaintext apart.
func cut(plain []byte) (name string, value []byte, ok bool) {
	if len(plain) < nameLenSize {
		return "", nil, false
	}
	n := int(binary.BigEndian.Uint16(plain))
	if len(plain)-nameLenSize < n {
		return "", nil, false
	}
	return string(plain[nameLenSize : nameLenSize+n]), plain[nameLenSize+n:], true
}

// associated joins what is authenticated but not encrypted.
func associated(head []byte, service string, place Place) []byte {
	b := make([]byte, 0, len(head)+8+len(service)+len(place))
	b = append(b, head...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(service)))
	b = append(b, service...)
	return append(b, place[:]...)
}

// associatedNameless is associated of the version without a name. Lengths stand
// before the strings, so that no two contexts join to the same bytes.
func associatedNameless(head []byte, c Context) []byte {
	b := make([]byte, 0, len(head)+16+len(c.Service)+len(c.Name))
	b = append(b, head...)
	for _, s := range []string{c.Service, c.Name} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("key has %d bytes, want %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
