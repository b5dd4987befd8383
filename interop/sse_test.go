package interop_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// events opens a stream of server-sent events. SetDoNotParseResponse leaves reading to the program,
// as events arrive; the chain holds nothing back.
func events(t *testing.T, client *resty.Client, lastID string) (*bufio.Scanner, io.Closer) {
	t.Helper()
	resp, err := client.R().SetContext(t.Context()).SetDoNotParseResponse(true).
		SetHeader("Accept", "text/event-stream").SetHeader("Last-Event-ID", lastID).Get("/events")
	if err != nil || resp.StatusCode() != http.StatusOK {
		t.Fatalf("%v, %v", resp.Status(), err)
	}
	return bufio.NewScanner(resp.RawBody()), resp.RawBody()
}

// TestSSE: a stream that begins with an expired token begins after a refresh, and each event
// arrives before the next one is sent. One that ends is opened again, with the token of that time.
func TestSSE(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	proceed := make(chan struct{})
	api := guard(t, server, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		id := len(r.Header.Get("Last-Event-ID"))
		for range 2 {
			id++
			fmt.Fprintf(w, "id: %s\n\n", strings.Repeat("i", id))
			w.(http.Flusher).Flush()
			select {
			case <-proceed:
			case <-r.Context().Done():
				return
			}
		}
	}))
	client := over(t, http.DefaultTransport.(*http.Transport).Clone(), signIn(t, server, "alice", at(api.URL)))

	lastID := ""
	for range 2 {
		server.ExpireAccess()
		lines, body := events(t, client, lastID)
		for range 2 {
			for lines.Scan() {
				if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
					lastID = id
					break
				}
			}
			proceed <- struct{}{} // the server waits until this event has arrived
		}
		lines.Scan() // the end of the last event
		if lines.Scan() || lines.Err() != nil {
			t.Errorf("the stream goes on with %q, %v", lines.Text(), lines.Err())
		}
		body.Close()
	}
	if s := server.Stats(); lastID != "iiii" || s.Refreshes != 2 {
		t.Errorf("last event %q, %d refreshes; want the fourth and 2", lastID, s.Refreshes)
	}
}
