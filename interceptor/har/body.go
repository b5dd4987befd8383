package har

import (
	"net/http"

	"github.com/chatelaine-go/chatelaine/internal/tap"
)

// capture is a body that is watched.
type capture struct {
	tap         *tap.Tap
	contentType string // as the header has it
	encoded     bool   // by Content-Encoding
	length      int64  // as announced; negative: unknown
	limit       int    // of what the tap keeps
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
	c.tap = tap.New(c.limit)
	return c
}

// reserve is the size to which what is kept may grow.
func (c *capture) reserve() int64 {
	if c == nil {
		return 0
	}
	if c.length >= 0 {
		return min(c.length, int64(c.limit))
	}
	return int64(c.limit)
}

// body is what was seen of a body up to now.
type body struct {
	*capture
	tap.State
}

func (c *capture) now() body { return body{c, c.tap.State()} }

// complete reports whether all of the body was seen. A reader who knows its length need not read on
// to the end.
func (b body) complete() bool { return b.Ended || b.length >= 0 && b.Size >= b.length }
