package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// escapes would retitle a terminal, color it red and reverse what follows.
const escapes = "\x1b]0;pwned\x07\u009b31m\u202e"

// A trap is a server that redirects lead to.
type trap struct{ caught atomic.Int32 }

func (t *trap) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	t.caught.Add(1)
	w.WriteHeader(http.StatusUnauthorized)
}

// hostileHandler attacks its clients: with redirects to elsewhere, endless bodies, and escape
// sequences.
func hostileHandler(elsewhere string) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("/redirect/{status}", func(w http.ResponseWriter, r *http.Request) {
		status, err := strconv.Atoi(r.PathValue("status"))
		if err != nil {
			status = http.StatusNotFound
		}
		w.Header().Set("Location", elsewhere+"/catch?password=open%20sesame")
		w.WriteHeader(status)
	})
	m.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		b := bufio.NewWriter(w)
		_, _ = b.WriteString(`{"more":"`)
		for {
			if _, err := b.WriteString("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); err != nil {
				return
			}
		}
	})
	m.HandleFunc("/reason", func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 500 "+escapes+"\r\nContent-Length: 0\r\nX-Evil: \u009b31m\u202e\r\n\r\n")
		_ = c.Close()
	})
	m.HandleFunc("/body", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, escapes+"\n") })
	m.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/%1b%5d0;pwned%07", http.StatusFound)
	})
	m.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html>"+escapes+strings.Repeat("<p>", 100))
	})
	return m
}

// hostile starts the server until the end of the script.
func hostile(ts *testscript.TestScript, _ bool, _ []string) {
	t := new(trap)
	elsewhere := httptest.NewServer(t)
	ts.Defer(elsewhere.Close)
	server := httptest.NewServer(hostileHandler(elsewhere.URL))
	ts.Defer(server.Close)
	ts.Setenv("HOSTILE", server.URL)
	env, ok := ts.Value("trap").(*atomic.Pointer[trap])
	if !ok {
		ts.Fatalf("there is no place for the trap")
	}
	env.Store(t)
}

// trapped checks how many requests the trap has seen.
func trapped(ts *testscript.TestScript, _ bool, args []string) {
	env, ok := ts.Value("trap").(*atomic.Pointer[trap])
	want, err := strconv.ParseInt(args[0], 10, 32)
	ts.Check(err)
	if !ok || env.Load() == nil || int64(env.Load().caught.Load()) != want {
		ts.Fatalf("not %d requests in the trap", want)
	}
}
