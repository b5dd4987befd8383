package logging_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// steady leaves out of a record what is different every time.
func steady(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey, "url", "duration", "wait":
		return slog.Attr{}
	}
	return a
}

func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/orders" {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"id":7,"card":"4111 1111"}`)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()

	shown, err := redact.New(redact.Config{Fields: []string{"id"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	log, err := logging.New(logging.Config{
		Logger:    slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: steady})),
		Redactor:  shown,
		BodyLimit: 1 << 10,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := resty.New()
	if err := chain.New(log).Install(client); err != nil {
		fmt.Println(err)
		return
	}
	ctx := logging.With(context.Background(), slog.String("job", "nightly"))
	for _, path := range []string{"/orders", "/umbrellas"} {
		if _, err := client.R().SetContext(ctx).Get(server.URL + path); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// level=INFO msg=response method=GET attempt=1 status=200 proto=HTTP/1.1 job=nightly sent=0 received=27 response_body="{\"id\":7,\"card\":\"REDACTED\"}" reused=false
	// level=WARN msg=response method=GET attempt=1 status=404 proto=HTTP/1.1 job=nightly sent=0 received=19 reused=true
}

// Failures only, and those of the caller's own making not.
func ExampleDefaultLevel() {
	log, err := logging.New(logging.Config{
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Level: func(o logging.Outcome) slog.Level {
			if o.Status == http.StatusNotFound {
				return slog.LevelDebug
			}
			return logging.DefaultLevel(o)
		},
	})
	fmt.Println(log, err)
	// Output: logging <nil>
}

// A health check every second would fill the log.
func ExampleWithout() {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	log, err := logging.New(logging.Config{
		Logger: slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: steady})),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := resty.New()
	if err := chain.New(log).Install(client); err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.R().SetContext(logging.Without(context.Background())).Get(server.URL)
	fmt.Println(resp.Status(), err)
	// Output: 404 Not Found <nil>
}
