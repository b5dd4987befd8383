package logging

import (
	"errors"
	"io"
	"sync"
)

// errBody stands for whatever may end a body before its end.
var errBody = errors.New("the body broke off")

// tap counts what is read of a body, and keeps its beginning. It may be asked while somebody reads.
type tap struct {
	limit int // bytes to keep

	mu   sync.Mutex
	n    int64
	kept []byte
}

func (t *tap) note(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n += int64(len(p))
	if room := t.limit - len(t.kept); room > 0 {
		t.kept = append(t.kept, p[:min(room, len(p))]...)
	}
}

func (t *tap) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n, t.kept = 0, nil
}

// state returns how much has been read, and its beginning.
func (t *tap) state() (n int64, kept []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n, t.kept
}

// tapped is a body with a tap.
type tapped struct {
	io.ReadCloser

	tap  *tap
	done func(error) // called when it ends: with nil at its end or if it is closed before; may be nil
}

// Read reads from the body.
func (b *tapped) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && n <= len(p) {
		b.tap.note(p[:n])
	}
	if err != nil {
		b.end(err)
	}
	return n, err
}

// Close closes the body.
func (b *tapped) Close() error {
	err := b.ReadCloser.Close()
	b.end(nil)
	return err
}

func (b *tapped) end(err error) {
	switch {
	case b.done == nil:
	case errors.Is(err, io.EOF):
		b.done(nil)
	default:
		b.done(err)
	}
}

// again is a GetBody whose body has the tap, too: a transport may send a body anew that the connection has lost.
func (t *tap) again(getBody func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		body, err := getBody()
		if err != nil {
			return nil, err
		}
		t.reset()
		return &tapped{ReadCloser: body, tap: t}, nil
	}
}
