package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// listen serves on a free port, which it prints.
func listen(h http.HandlerFunc) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready http://" + l.Addr().String())
	log.Fatal(http.Serve(l, h))
}

// service polls for ever. It closes nothing and handles no signals, so that one ends it anywhere,
// also in the middle of a refresh.
func service() {
	session, _ := open()
	client := restyClient(session)
	for fmt.Println("ready"); ; time.Sleep(time.Millisecond) {
		get(context.Background(), client)
	}
}

// closing is a service that ends when it is told to. It closes its store, but not its session.
func closing() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	session, store := open()
	defer store.Close()
	client := restyClient(session)
	for fmt.Println("ready"); ctx.Err() == nil; time.Sleep(time.Millisecond) {
		get(ctx, client)
	}
}
