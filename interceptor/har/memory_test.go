package har_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// TestMaxBytes asserts that the oldest entries are dropped when all of them together are too large.
func TestMaxBytes(t *testing.T) {
	t.Parallel()
	server := serveBody(t, "application/json", `{"type":"`+strings.Repeat("a ", 10_000)+`"}`)
	r := newRecorder(t, har.Config{MaxBytes: 160 << 10})
	c := httpClient(t, r)
	for i := range 8 {
		if _, err := call(t, c, request(t, http.MethodGet, fmt.Sprintf("%s/%d", server.URL, i), nil)); err != nil {
			t.Fatal(err)
		}
	}
	a := written(t, r)
	var last []string
	for _, e := range a.Log.Entries {
		last = append(last, e.Request.URL[len(server.URL):])
	}
	if !slices.Equal(last, []string{"/3", "/4", "/5", "/6", "/7"}) || a.Log.Comment != "3 earlier entries were dropped." {
		t.Errorf("got %v, %q", last, a.Log.Comment)
	}
}

// TestMaxBytes_unread asserts that unread responses count with the size that they may reach.
func TestMaxBytes_unread(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `"`)
		w.(http.Flusher).Flush()
		fmt.Fprint(w, strings.Repeat("a", 100<<10), `"`)
	}))
	t.Cleanup(server.Close)
	r := newRecorder(t, har.Config{MaxBytes: 160 << 10})
	client := &http.Client{Transport: chain.New(r).Transport(nil)}
	t.Cleanup(client.CloseIdleConnections)
	bodies := make([]io.ReadCloser, 5)
	for i := range bodies {
		resp, err := client.Do(request(t, http.MethodGet, server.URL, nil))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		bodies[i] = resp.Body
	}
	if r.Len() != 2 {
		t.Errorf("%d entries, want 2 of 64 KiB", r.Len())
	}
	for _, b := range bodies { // also those that have lost their entry are passed on
		if n, err := io.Copy(io.Discard, b); n != 100<<10+2 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		_ = b.Close()
	}
	if r.Len() != 2 {
		t.Errorf("%d entries in the end, want 2", r.Len())
	}
}

// TestMaxBytes_one asserts that an entry larger than MaxBytes is dropped.
func TestMaxBytes_one(t *testing.T) {
	t.Parallel()
	server := serveBody(t, "application/json", `{}`)
	r := newRecorder(t, har.Config{MaxBytes: 100})
	if _, err := call(t, httpClient(t, r), request(t, http.MethodGet, server.URL, nil)); err != nil {
		t.Fatal(err)
	}
	if a := written(t, r); r.Len() != 0 || a.Log.Comment != "1 earlier entries were dropped." {
		t.Errorf("%d entries, %q", r.Len(), a.Log.Comment)
	}
}

// TestHeader_limit asserts that of a huge header the beginning is shown, and the size of the rest.
func TestHeader_limit(t *testing.T) {
	t.Parallel()
	for _, everything := range []bool{false, true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3000 {
				w.Header().Set(fmt.Sprintf("X-%04d", i), "v")
			}
		}))
		t.Cleanup(server.Close)
		r := newRecorder(t, har.Config{InsecureShowSecrets: everything})
		if _, err := call(t, httpClient(t, r), request(t, http.MethodGet, server.URL, nil)); err != nil {
			t.Fatal(err)
		}
		list := only(t, r).Response.Headers
		if len(list) != 1001 || list[1000].Value != "[2002 more]" {
			t.Errorf("%d fields, the last is %v", len(list), list[len(list)-1])
		}
	}
}
