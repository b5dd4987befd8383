package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
)

// stream reads large responses as they arrive, and leaves some of them unread.
func stream() {
	session, _ := open()
	client := restyClient(session)
	download := func(all bool) {
		resp, err := client.R().SetDoNotParseResponse(true).Get("/bytes/1000000")
		if err != nil {
			fmt.Println("failed:", err)
			return
		}
		defer resp.RawBody().Close()
		if !all {
			return
		}
		n, err := io.Copy(io.Discard, resp.RawBody())
		fmt.Println("status", resp.StatusCode(), n, err)
	}
	download(true) // opens the connection
	before := runtime.NumGoroutine()
	for n := range 20 {
		download(n%2 == 0)
	}
	client.GetClient().CloseIdleConnections()
	for runtime.NumGoroutine() > before {
		runtime.Gosched()
	}
	fmt.Println("no goroutine is left")
}

// upload sends bytes, and a file, and compares what arrived.
func upload() {
	session, _ := open()
	client := restyClient(session)
	data := bytes.Repeat([]byte("what is sent again is the same\n"), 10_000)
	name := filepath.Join(os.Getenv("STATE"), "upload")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		log.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		log.Fatal(err)
	}
	for _, body := range []any{file, data} {
		var echo struct{ SHA256 string }
		resp, err := client.R().SetHeader("Content-Type", "text/plain").SetBody(body).SetResult(&echo).Post("/echo")
		report(resp, err)
		fmt.Println("the same:", echo.SHA256 == fmt.Sprintf("%x", sha256.Sum256(data)))
	}
}

// stranger follows a redirect to another server.
func stranger() {
	session, _ := open()
	resp, err := restyClient(session).R().SetQueryParam("to", os.Getenv("STRANGER")).Get("/redirect")
	report(resp, err)
}

// panics is a server whose handlers panic after they have used the session, and that a panic of
// another goroutine ends.
func panics() {
	session, _ := open()
	client := restyClient(session)
	handler := func() (recovered any) {
		defer func() { recovered = recover() }()
		get(context.Background(), client)
		panic("a handler")
	}
	for range 3 {
		handler()
	}
	go func() {
		get(context.Background(), client)
		panic("a goroutine")
	}()
	select {}
}

// lambda serves one event for each line of its input. Between two of them, and also while a
// background refresh is under way, its sandbox freezes it.
func lambda() {
	session, _ := open()
	client := restyClient(session)
	fmt.Println("ready")
	for events := bufio.NewScanner(os.Stdin); events.Scan(); {
		get(context.Background(), client)
	}
}

// server makes a client for each request that it serves. It does not handle signals.
func server() {
	session, _ := open()
	listen(func(w http.ResponseWriter, r *http.Request) {
		resp, err := restyClient(session).R().SetContext(r.Context()).Get("/me")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(resp.StatusCode())
	})
}
