// Package tap watches a body while someone else reads it.
//
// # Overview
//
// A [Tap] counts the bytes that are read and keeps the first of them. It reads nothing itself, so
// it neither delays a stream nor changes what its reader gets.
//
// # Usage
//
//	t := tap.New(limit)
//	resp.Body = t.Watch(resp.Body, func(err error) { record(t.State(), err) })
//
// # Errors
//
// The errors of the body reach its reader unchanged. The end is reported to the callback of Watch.
//
// # Concurrency
//
// A Tap may be asked while the body is read.
//
// # Security
//
// It keeps at most its limit, whatever a server sends. What it keeps has not been redacted.
package tap

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// Tap is what is known of a body. The zero value keeps nothing and only counts.
type Tap struct {
	mu    sync.Mutex
	limit int
	state State
}

// State is what a [Tap] has seen so far.
type State struct {
	Size  int64  // bytes read
	Kept  []byte // the first of them, up to the limit; not to be changed
	Ended bool   // by io.EOF
}

// New returns a tap that keeps the first limit bytes.
func New(limit int) *Tap { return &Tap{limit: limit} }

// State returns what has been seen so far.
func (t *Tap) State() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state
	s.Kept = slices.Clip(s.Kept)
	return s
}

// Drop forgets what is kept, and keeps nothing from now on.
func (t *Tap) Drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.limit, t.state.Kept = 0, nil
}

// Watch returns a body that the tap watches from its beginning, in place of the one watched before.
// Done is called when it ends, perhaps more than once: with nil at its end or if it is closed, else
// with the error of the read. It may be nil.
func (t *Tap) Watch(body io.ReadCloser, done func(error)) io.ReadCloser {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = State{}
	return &watched{ReadCloser: body, tap: t, done: done}
}

// Again returns a GetBody (see net/http) whose bodies the tap watches: a transport sends a body
// anew when it lost the connection.
func (t *Tap) Again(getBody func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	if getBody == nil {
		return nil
	}
	return func() (io.ReadCloser, error) {
		body, err := getBody()
		if err != nil || body == nil {
			return body, err
		}
		return t.Watch(body, nil), nil
	}
}

func (t *Tap) note(p []byte, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state.Size += int64(len(p))
	if room := t.limit - len(t.state.Kept); room > 0 {
		t.state.Kept = append(t.state.Kept, p[:min(room, len(p))]...)
	}
	t.state.Ended = t.state.Ended || errors.Is(err, io.EOF)
}

// watched is a body with a tap.
type watched struct {
	io.ReadCloser

	tap  *Tap
	done func(error)
}

// Read reads from the body.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if n < 0 || n > len(p) { // the body breaks the rules of io.Reader
		w.tap.note(nil, err)
	} else {
		w.tap.note(p[:n], err)
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		w.end(nil)
	default:
		w.end(err)
	}
	return n, err
}

// Close closes the body.
func (w *watched) Close() error {
	err := w.ReadCloser.Close()
	w.end(nil)
	return err
}

func (w *watched) end(err error) {
	if w.done != nil {
		w.done(err)
	}
}
