package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
)

// canceled sends requests whose contexts end at once, and one that may take its time.
func canceled() {
	session, _ := open()
	client := restyClient(session)
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(n)*time.Millisecond)
			defer cancel()
			_, _ = client.R().SetContext(ctx).Get("/me")
		})
	}
	all.Wait()
	get(context.Background(), client)
}

// clients has two clients of one session, and opens the same session a second time.
func clients() {
	session, _ := open()
	again, _ := open()
	plain := &http.Client{Transport: chain.New(session).Transport(nil)}
	first, second := restyClient(session), restyClient(again)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { get(context.Background(), first) })
		all.Go(func() { get(context.Background(), second) })
		all.Go(func() {
			resp, err := plain.Get(os.Getenv("API") + "/me")
			if err != nil {
				fmt.Println("failed:", err)
				return
			}
			resp.Body.Close()
			fmt.Println("status", resp.StatusCode)
		})
	}
	all.Wait()
}

// retries lets resty repeat what fails.
func retries() {
	session, _ := open()
	client := restyClient(session).SetRetryCount(3).SetRetryWaitTime(time.Millisecond).
		AddRetryCondition(func(r *resty.Response, err error) bool {
			return err != nil || r.StatusCode() >= http.StatusInternalServerError
		})
	get(context.Background(), client)
}

// hooks does by hand what the session does as well: a hook adds a header, and one request brings a
// token of its own.
func hooks() {
	session, _ := open()
	client := restyClient(session)
	client.OnBeforeRequest(func(_ *resty.Client, r *resty.Request) error {
		r.SetHeader("X-Request", "1")
		return nil
	})
	get(context.Background(), client)
	resp, err := client.R().SetAuthToken("stale").Get("/me") // the caller's header is never replaced
	report(resp, err)
	get(context.Background(), client)
}
