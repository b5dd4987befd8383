package chain_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// envelope decodes the bodies of a server that sends all of them in base64.
func envelope() interceptor.Interceptor {
	decode := func(r *interceptor.Response) {
		r.Body = struct {
			io.Reader
			io.Closer
		}{base64.NewDecoder(base64.StdEncoding, r.Body), r.Body}
	}
	return &interceptor.Funcs{
		Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			decode(r)
			return h.Next(r)
		},
		Error: func(err *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if err.Response != nil {
				decode(err.Response)
			}
			return h.Next(err)
		},
	}
}

// An interceptor that decodes what others read stands behind them in the list and needs Reverse. In
// list order, auth looks at a body that is not decoded yet, does not find what it looks for, and
// the caller gets the 401.
func ExampleConfig_encoding() {
	server := roundTrip(func(r *http.Request) (*http.Response, error) {
		status, text := http.StatusOK, "welcome"
		if r.Header.Get("Authorization") != "Bearer new" {
			status, text = http.StatusUnauthorized, `{"error":"token expired"}`
		}
		body := base64.StdEncoding.EncodeToString([]byte(text))
		return interceptor.NewResponse(nil, status, nil, []byte(body)).Response, nil
	})
	for _, order := range []chain.Order{chain.Forward, chain.Reverse} {
		session, err := auth.New(auth.Config{
			BaseURL:       "https://api.example.com",
			ShouldRefresh: auth.StatusWithMessage(http.StatusUnauthorized, "token expired"),
			Refresher: auth.RefreshFunc(func(context.Context, auth.Token) (auth.Token, error) {
				return auth.Token{AccessToken: "new", RefreshToken: "r"}, nil
			}),
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		ctx := context.Background()
		if err := session.Login(ctx, auth.Token{AccessToken: "old", RefreshToken: "r"}); err != nil {
			fmt.Println(err)
		}
		client := chain.Config{ReturnOrder: order}.New(session, envelope()).Transport(server)
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "/me", http.NoBody)
		resp, err := client.RoundTrip(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		fmt.Printf("%v: %d %s\n", order, resp.StatusCode, body)
		_ = session.Close(ctx)
	}
	// Output:
	// forward: 401 {"error":"token expired"}
	// reverse: 200 welcome
}

// Insert puts an interceptor before those there are; Clear removes all.
func ExampleChain_Insert() {
	c := chain.New(&interceptor.Funcs{Name: "auth"})
	c.Insert(0, &interceptor.Funcs{Name: "logging"})
	fmt.Println(c.Interceptors())
	c.Clear()
	fmt.Println(len(c.Interceptors()))
	// Output:
	// [logging auth]
	// 0
}

// What an interceptor changes in a request is gone when the call is sent again: it starts from the
// caller's request, and passes OnRequest once more. SetExtra remembers over the attempts.
func Example_changesDoNotSurviveRetry() {
	type region struct{}
	failover := &interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			fmt.Printf("attempt %d to %s\n", req.Attempt(), req.URL.Host)
			if host, ok := req.Extra(region{}).(string); ok {
				req.URL.Host = host
			}
			return h.Next(req)
		},
		Error: func(err *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
			if err.Request.Extra(region{}) != nil {
				return h.Next(err)
			}
			err.Request.SetExtra(region{}, "eu.example.com")
			return h.Retry(0)
		},
	}
	client := chain.New(failover).Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		status := http.StatusBadGateway
		if strings.HasPrefix(r.URL.Host, "eu.") {
			status = http.StatusOK
		}
		fmt.Println("sent to", r.URL.Host)
		return interceptor.NewResponse(nil, status, nil, nil).Response, nil
	}))
	req, _ := http.NewRequestWithContext(
		context.Background(), http.MethodPost, "https://api.example.com/", bytes.NewReader([]byte("x")))
	resp, err := client.RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = resp.Body.Close()
	fmt.Println(resp.Status)
	// Output:
	// attempt 1 to api.example.com
	// sent to api.example.com
	// attempt 2 to api.example.com
	// sent to eu.example.com
	// 200 OK
}
