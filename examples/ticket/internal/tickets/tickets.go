// Package tickets is the server that ticket is tried with.
package tickets

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

type ticket struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
}

// Handler is an identity provider whose tokens live for ttl, and /tickets for its users: alice,
// whose password is wonderland, and bob (builder).
func Handler(ttl time.Duration) http.Handler {
	tickets := map[string][]ticket{
		"alice": {{7, "The rabbit is late"}, {12, "The cat leaves, the grin stays"}},
		"bob":   {{3, "Can we fix it?"}},
	}
	provider := authtest.NewServer(authtest.Config{
		InMemory: true, AccessTTL: ttl, Users: authtest.Secrets{"alice": "wonderland", "bob": "builder"},
	})
	mux := http.NewServeMux()
	mux.Handle("GET /tickets", provider.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(tickets[provider.User(r)])
	})))
	mux.Handle("/", provider.Handler())
	return mux
}
