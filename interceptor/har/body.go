package har

import (
	"errors"
	"io"
	"net/http"
)

// capture is what was seen of a body. The mutex of its exchange guards it.
type capture struct {
	contentType string // as the header has it
	encoded     bool   // by Content-Encoding
	limit       int    // on kept
	kept        []byte
	size        int64 // of all that was seen
	length      int64 // as announced; negative: unknown
	ended       bool  // by io.EOF
}

func (x *exchange) newCapture(h http.Header, length int64) *capture {
	c := &capture{contentType: h.Get("Content-Type"), length: length}
	switch h.Get("Content-Encoding") {
	case "", "identity":
	default:
		c.encoded = true
	}
	if x.recorder.view.keeps(c.contentType, c.encoded) {
		c.limit = x.recorder.maxBody
	}
	return c
}

func (c *capture) add(p []byte) {
	c.size += int64(len(p))
	if room := c.limit - len(c.kept); room > 0 {
		c.kept = append(c.kept, p[:min(room, len(p))]...)
	}
}

// complete tells whether all of the body was seen. Who knows its length need not read on to the end.
func (c *capture) complete() bool { return c.ended || c.length >= 0 && c.size >= c.length }

// watched is a body that is looked at while somebody else reads it.
type watched struct {
	io.ReadCloser

	exchange *exchange
	capture  *capture
	last     bool // its end is that of the exchange
}

// Read reads from the body.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.exchange.mu.Lock()
	if n > 0 && n <= len(p) {
		w.capture.add(p[:n])
	}
	if errors.Is(err, io.EOF) {
		w.capture.ended = true
	}
	w.exchange.mu.Unlock()
	switch {
	case err == nil || !w.last:
	case errors.Is(err, io.EOF):
		w.exchange.finish(nil)
	default:
		w.exchange.finish(err)
	}
	return n, err
}

// Close closes the body.
func (w *watched) Close() error {
	err := w.ReadCloser.Close()
	if w.last {
		w.exchange.finish(nil)
	}
	return err
}
