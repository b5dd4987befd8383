// Command ticketd is a server to try ticket with: a login, tokens that expire after a few seconds,
// and some tickets.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/chatelaine-go/chatelaine/examples/ticket/internal/tickets"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "the address to listen on")
	ttl := flag.Duration("ttl", 10*time.Second, "how long a token lives")
	flag.Parse()
	fmt.Printf("ticketd: http://%s, users alice (wonderland) and bob (builder)\n", *addr)
	server := &http.Server{Addr: *addr, Handler: tickets.Handler(*ttl), ReadHeaderTimeout: 5 * time.Second}
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}
