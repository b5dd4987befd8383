package idempotency_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
)

// The order is placed once, however often the program tries.
func ExampleWith() {
	placed := make(map[string]bool)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		fmt.Fprintf(w, "%s, known: %v", key, placed[key])
		placed[key] = true
	}))
	defer server.Close()

	keys, err := idempotency.New(idempotency.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := resty.New()
	if err := chain.New(keys).Install(client); err != nil {
		fmt.Println(err)
		return
	}
	ctx := idempotency.With(context.Background(), "order-42")
	for range 2 {
		resp, err := client.R().SetContext(ctx).SetBody("one umbrella").Post(server.URL)
		fmt.Println(resp, err)
	}
	// Output:
	// order-42, known: false <nil>
	// order-42, known: true <nil>
}
