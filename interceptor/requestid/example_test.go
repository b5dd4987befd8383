package requestid_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
)

// A server that calls others passes the id of its own request on.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("X-Request-ID"))
	}))
	defer server.Close()

	ids, err := requestid.New(requestid.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := resty.New()
	if err := chain.New(ids).Install(client); err != nil {
		fmt.Println(err)
		return
	}
	ctx := requestid.With(context.Background(), "order-42")
	resp, err := client.R().SetContext(ctx).Get(server.URL)
	fmt.Println(resp, err)
	resp, err = client.R().Get(server.URL)
	fmt.Println(len(resp.String()), err)
	// Output:
	// order-42 <nil>
	// 36 <nil>
}
