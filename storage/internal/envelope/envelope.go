// Package envelope is the on-disk form of a sealed value, as docs/format.md
// describes it.
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
	// Overhead is by how much a sealed value is longer than the value.
	Overhead = headerSize + tagSize
	// Version is the newest version that this code reads, and the one it writes.
	Version = 1

	magic      = "CHATLAIN"
	aes256GCM  = 1
	headerSize = 40
	nonceSize  = 12
	tagSize    = 16
)

// The ways in which Open can fail.
var (
	ErrCorrupt  = errors.New("damaged or not a sealed value of this key and service")
	ErrTooNew   = errors.New("written by a newer version")
	ErrOtherKey = errors.New("sealed with another encryption key")
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

// A header is the part of the envelope that is readable without the key. All
// of it is authenticated.
type header struct {
	keyID      KeyID
	generation uint64
	nonce      [nonceSize]byte
}

func (h header) bytes() []byte {
	b := make([]byte, 0, headerSize)
	b = append(b, magic...)
	b = append(b, Version, aes256GCM, 0, 0)
	b = append(b, h.keyID[:]...)
	b = binary.BigEndian.AppendUint64(b, h.generation)
	return append(b, h.nonce[:]...)
}

func parse(b []byte) (header, error) {
	var h header
	if len(b) <= len(magic) || string(b[:len(magic)]) != magic {
		return h, fmt.Errorf("%w: no such file begins like this", ErrCorrupt)
	}
	if v := b[8]; v > Version {
		return h, fmt.Errorf("%w: it has format version %d, this program knows up to %d; update the program", ErrTooNew, v, Version)
	}
	if len(b) < Overhead || b[8] != Version || b[9] != aes256GCM || b[10] != 0 || b[11] != 0 {
		return h, fmt.Errorf("%w: bad header", ErrCorrupt)
	}
	copy(h.keyID[:], b[12:20])
	h.generation = binary.BigEndian.Uint64(b[20:28])
	copy(h.nonce[:], b[28:40])
	return h, nil
}

// Seal encrypts value.
func Seal(key []byte, c Context, generation uint64, value []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	h := header{keyID: IDOf(key), generation: generation}
	if _, err := rand.Read(h.nonce[:]); err != nil {
		return nil, err
	}
	head := h.bytes()
	out := make([]byte, headerSize, Overhead+len(value))
	copy(out, head)
	return aead.Seal(out, h.nonce[:], value, associated(head, c)), nil
}

// Open checks and decrypts what Seal made. The value is a new slice, never
// nil. On any error there is no value.
func Open(key []byte, c Context, sealed []byte) (value []byte, generation uint64, err error) {
	h, err := parse(sealed)
	if err != nil {
		return nil, 0, err
	}
	if id := IDOf(key); h.keyID != id {
		return nil, 0, fmt.Errorf("%w: it names key %x, ours is %x", ErrOtherKey, h.keyID, id)
	}
	aead, err := newAEAD(key)
	if err != nil {
		return nil, 0, err
	}
	value, err = aead.Open(make([]byte, 0, len(sealed)-Overhead), h.nonce[:], sealed[headerSize:], associated(sealed[:headerSize], c))
	if err != nil {
		return nil, 0, ErrCorrupt
	}
	return value, h.generation, nil
}

// associated joins what is authenticated but not encrypted. Lengths stand
// before the strings, so that no two contexts join to the same bytes.
func associated(head []byte, c Context) []byte {
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
