package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"sync"
)

// command is a command that ends in the middle: the deferred Close never runs.
func command() {
	session, store := open()
	defer store.Close()
	defer session.Close(context.Background())
	get(context.Background(), restyClient(session))
	os.Exit(0)
}

// fatal ends with [log.Fatal], while other goroutines are still sending requests.
func fatal() {
	session, store := open()
	defer store.Close()
	defer session.Close(context.Background())
	client := restyClient(session)
	for range 4 {
		go func() {
			for {
				_, _ = client.R().Get("/me")
			}
		}()
	}
	get(context.Background(), client)
	log.Fatal("the report has no lines")
}

// forks starts itself several times while it is working.
func forks() {
	session, _ := open()
	client := restyClient(session)
	var all sync.WaitGroup
	for range 3 {
		child := exec.CommandContext(context.Background(), os.Args[0], "command")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		all.Go(func() {
			if err := child.Run(); err != nil {
				fmt.Println("failed:", err)
			}
		})
		all.Go(func() { get(context.Background(), client) })
	}
	all.Wait()
}
