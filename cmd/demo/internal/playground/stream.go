package playground

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

const (
	maxStreams = 32                    // pages that are open at once
	calm       = 30 * time.Millisecond // between two messages
)

// A state is a message to the page: the entries that have changed, and everything else in full.
type state struct {
	Entries  []Entry           `json:"entries"`
	Sessions []Session         `json:"sessions"`
	Settings map[string]string `json:"settings"`
	Stats    authtest.Stats    `json:"stats"`
	Armed    armed             `json:"armed"`
	Began    time.Time         `json:"began"` // when the server started
	Now      float64           `json:"now"`   // on the scale of Entry.Start
	Clock    time.Time         `json:"clock"`
}

// stream sends the state, and again what changes, as server-sent events until the client goes or
// the server is closed.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"message": "too many pages are open; close one"})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	flush := http.NewResponseController(w).Flush
	for version := -1; ; {
		entries, now, changed := s.recorder.since(version)
		if s.send(w, entries) != nil || flush() != nil || !wait(r.Context(), s.closing, changed) {
			return
		}
		version = now
		timer := time.NewTimer(calm)
		open := wait(r.Context(), s.closing, timer.C)
		timer.Stop()
		if !open {
			return
		}
	}
}

// wait reports whether the channel was ready before the client went or the server was closed.
func wait[T any](ctx context.Context, closing <-chan struct{}, c <-chan T) bool {
	select {
	case <-c:
		return true
	case <-ctx.Done():
		return false
	case <-closing:
		return false
	}
}

// send sends one message.
func (s *Server) send(w io.Writer, entries []Entry) error {
	sessions, armed := s.recorder.snapshot()
	data, err := json.Marshal(state{
		Entries: entries, Sessions: sessions, Settings: s.settings(), Stats: s.Provider.Stats(), Armed: armed,
		Began: s.recorder.began, Now: millis(time.Since(s.recorder.began)), Clock: time.Now(),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "data: %s\n\n", data)
	return err
}
