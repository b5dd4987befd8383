package progress_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/progress"
)

// A call says who wants to know how far it has come.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprintf(w, "got %d bytes", n)
	}))
	defer server.Close()
	client := resty.New()
	if err := chain.New(progress.New(progress.Config{})).Install(client); err != nil {
		fmt.Println(err)
		return
	}

	show := func(what string) func(progress.Report) {
		return func(r progress.Report) {
			if r.Done {
				fmt.Printf("%s: %d of %d bytes\n", what, r.Bytes, r.Total)
			}
		}
	}
	ctx := progress.WithUpload(context.Background(), show("upload"))
	ctx = progress.WithDownload(ctx, show("download"))
	resp, err := client.R().SetContext(ctx).SetBody(strings.Repeat("x", 1000)).Post(server.URL)
	fmt.Println(resp, err)
	// Output:
	// upload: 1000 of 1000 bytes
	// download: 14 of 14 bytes
	// got 1000 bytes <nil>
}
