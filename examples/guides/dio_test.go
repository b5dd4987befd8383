package guides_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/progress"
	"github.com/chatelaine-go/chatelaine/storage"
)

// The tutorial that every Dio user has written once: base URL, bearer header, refresh, repeat, log
// out.
func Example_dioTutorial() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	ctx := context.Background()
	store := storage.NewMemory() // keyring.Open(ctx, keyring.Config{Service: "myprogram"})

	session, err := auth.New(auth.Config{
		BaseURL:       server.URL,
		Store:         store,
		Refresher:     auth.JSONRefresher{URL: "/auth/refresh"},
		ShouldRefresh: auth.StatusWithMessage(http.StatusUnauthorized, "Invalid JWT"),
		OnEvent: func(e auth.Event) {
			if e.Kind == auth.SignedOut {
				fmt.Println("back to the login screen")
			}
		},
	})
	must(err)
	defer session.Close(ctx)
	client := resty.New()
	must(chain.New(session).Install(client))

	pair := server.Issue("alice")
	must(session.Login(ctx, auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken}))
	server.ExpireAccess()
	resp, err := client.R().Get("/me")
	fmt.Println(resp.StatusCode(), err)
	server.RevokeAll()
	_, err = client.R().Get("/me")
	fmt.Println(errors.Is(err, auth.ErrLoginRequired))
	// Output:
	// 200 <nil>
	// back to the login screen
	// true
}

// tenant puts a header on every request, and turns a 404 into an error of its own.
type tenant struct {
	interceptor.Base
	id string
}

var errNoSuchThing = errors.New("no such thing")

func (t tenant) OnRequest(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
	req.Header.Set("X-Tenant", t.id)
	return h.Next(req)
}

func (t tenant) OnError(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
	if e.Response != nil && e.Response.StatusCode == http.StatusNotFound {
		return h.Reject(errNoSuchThing)
	}
	return h.Next(e)
}

func Example_dioInterceptor() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("tenant", r.Header.Get("X-Tenant"))
		http.NotFound(w, r)
	}))
	defer server.Close()
	client := resty.New()
	must(chain.New(tenant{id: "acme"}).Install(client))
	_, err := client.R().Get(server.URL)
	fmt.Println(errors.Is(err, errNoSuchThing))
	// Output:
	// tenant acme
	// true
}

// base64Body decodes responses.
func base64Body() interceptor.Interceptor {
	return &interceptor.Funcs{
		Response: func(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			resp.Body = struct {
				io.Reader
				io.Closer
			}{base64.NewDecoder(base64.StdEncoding, resp.Body), resp.Body}
			resp.ContentLength = -1
			return h.Next(resp)
		},
	}
}

func Example_dioReverse() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, base64.StdEncoding.EncodeToString([]byte("hello, gopher")))
	}))
	defer server.Close()
	reader := &interceptor.Funcs{
		Response: func(resp *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return h.Reject(err)
			}
			fmt.Printf("reads %d bytes\n", len(body))
			resp.Body = io.NopCloser(bytes.NewReader(body))
			return h.Next(resp)
		},
	}

	decoding := chain.Config{ReturnOrder: chain.Reverse}.New(reader, base64Body())
	client := resty.New()
	must(decoding.Install(client))

	resp, err := client.R().Get(server.URL)
	fmt.Println(resp, err)
	// Output:
	// reads 13 bytes
	// hello, gopher <nil>
}

// quiet is the key of an extra value.
type quiet struct{}

func Example_dioExtra() {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	ctx := context.Background()

	log := &interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			if req.Extra(quiet{}) == nil {
				fmt.Println(req.Method, req.URL.Path)
			}
			return h.Next(req)
		},
	}
	client := resty.New().SetBaseURL(server.URL)
	must(chain.New(log).Install(client))
	_, err := client.R().SetContext(interceptor.WithExtra(ctx, quiet{}, true)).Get("/poll")
	must(err)
	_, err = client.R().Get("/loud")
	must(err)
	// Output: GET /loud
}

func Example_dioProgress() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "11")
		fmt.Fprint(w, "hello world")
	}))
	defer server.Close()
	ctx := context.Background()
	client := resty.New().SetBaseURL(server.URL)
	must(chain.New(progress.New(progress.Config{})).Install(client))

	last := progress.Report{}
	ctx = progress.WithDownload(ctx, func(r progress.Report) { last = r })
	_, err := client.R().SetContext(ctx).Get("/film")
	fmt.Println(last.Bytes, "of", last.Total, err)
	// Output: 11 of 11 <nil>
}

func Example_dioQueue() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("X-Csrf"))
	}))
	defer server.Close()
	fetched := 0
	fetchToken := func(context.Context) (string, error) {
		fetched++
		return "t1", nil
	}

	var token string
	csrf := interceptor.Queued(&interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			if token == "" { // one request at a time comes here
				t, err := fetchToken(req.Context())
				if err != nil {
					return h.Reject(err)
				}
				token = t
			}
			req.Header.Set("X-Csrf", token)
			return h.Next(req)
		},
	})
	client := resty.New().SetBaseURL(server.URL)
	must(chain.New(csrf).Install(client))

	answers := make(chan string)
	for range 10 {
		go func() {
			resp, err := client.R().Get("/")
			answers <- fmt.Sprint(resp, err)
		}()
	}
	got := make(map[string]int)
	for range 10 {
		got[strings.TrimSpace(<-answers)]++
	}
	fmt.Println(got, fetched)
	// Output: map[t1 <nil>:10] 1
}
