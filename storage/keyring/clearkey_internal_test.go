package keyring

import (
	"bytes"
	"testing"
)

// TestKeyIsCleared: the bytes of a key do not stay in memory once another key takes its place, or
// the store is closed.
func TestKeyIsCleared(t *testing.T) {
	t.Parallel()
	zeros := make([]byte, 32)
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, len(zeros)) }
	s := &Store{source: &source{}}
	first, second := key(1), key(2)
	if got := s.source.remember(first, &manifest{KeyID: "1"}); !bytes.Equal(got, key(1)) {
		t.Errorf("got %x", got)
	}
	if got := s.source.remember(second, &manifest{KeyID: "2"}); !bytes.Equal(got, key(2)) || !bytes.Equal(first, zeros) {
		t.Errorf("got %x, and of the first key is left %x", got, first)
	}
	if got := s.source.remembered(&manifest{KeyID: "2"}); !bytes.Equal(got, key(2)) {
		t.Errorf("remembered %x", got)
	}
	s.source.passphrase = "secret"
	if err := s.Close(); err != nil || !bytes.Equal(second, zeros) || s.source.passphrase != "" {
		t.Errorf("Close: %v; of the second key is left %x, of the passphrase %q", err, second, s.source.passphrase)
	}
	late := key(3) // a call that was under way during Close
	s.source.remember(late, &manifest{KeyID: "3"})
	if !bytes.Equal(late, zeros) {
		t.Errorf("of a key that came after Close is left %x", late)
	}
}
