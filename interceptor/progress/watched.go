package progress

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// watched is a body that reports how far it has been read. One goroutine reads at a time; Close may
// come from another one.
type watched struct {
	io.ReadCloser

	listeners []func(Report)
	interval  time.Duration
	total     int64
	attempt   int
	upload    bool

	bytes atomic.Int64
	ended atomic.Bool // the last report was made
	last  time.Time   // when the one before was; only Read uses it
}

// Read reads, and reports.
func (w *watched) Read(p []byte) (n int, err error) {
	n, err = w.ReadCloser.Read(p)
	w.bytes.Add(int64(n))
	if w.upload {
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("progress: a function that watches an upload panicked: %v", v)
			}
		}()
	}
	switch now := time.Now(); {
	case err != nil:
		w.end(err)
	case n > 0 && !w.ended.Load() && now.Sub(w.last) >= w.interval:
		w.last = now
		w.report(Report{})
	}
	return n, err
}

// Close closes the body; if it has not ended, this is its end.
func (w *watched) Close() (err error) {
	err = w.ReadCloser.Close()
	if w.upload {
		defer func() { _ = recover() }() // the transport closes on any goroutine; see Read
	}
	w.end(nil)
	return err
}

// end makes the last report, once.
func (w *watched) end(err error) {
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if !w.ended.Swap(true) {
		w.report(Report{Done: true, Err: err})
	}
}

func (w *watched) report(r Report) {
	r.Bytes, r.Total, r.Attempt = w.bytes.Load(), w.total, w.attempt
	for _, f := range w.listeners {
		f(r)
	}
}
