package har_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// An expired token, as a browser's network panel would show it.
func Example() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()

	recorder, err := har.New(har.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := auth.New(auth.Config{
		BaseURL: server.URL,
		Refresher: auth.JSONRefresher{
			URL:       "/auth/refresh",
			Transport: recorder.Transport(server.Transport(), "token-refresh"),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := resty.New()
	if err := chain.New(recorder, session).Install(client); err != nil {
		fmt.Println(err)
		return
	}

	ctx := client.R().Context()
	pair := server.Issue("alice")
	err = session.Login(ctx, auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken})
	server.ExpireAccess()
	_, err2 := client.R().Get("/me")
	if err := errors.Join(err, err2, session.Close(ctx)); err != nil {
		fmt.Println(err)
		return
	}

	// err := recorder.WriteFile("session.har"), or:
	data, err := json.Marshal(recorder)
	if err != nil {
		fmt.Println(err)
		return
	}
	var archive struct {
		Log struct {
			Entries []struct {
				Cause   string `json:"_cause"`
				Request struct {
					Method string `json:"method"`
				} `json:"request"`
				Response struct {
					Status  int `json:"status"`
					Content struct {
						Text string `json:"text"`
					} `json:"content"`
				} `json:"response"`
			} `json:"entries"`
		} `json:"log"`
	}
	if err := json.Unmarshal(data, &archive); err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range archive.Log.Entries {
		fmt.Printf("%d %s %q\n", e.Response.Status, e.Request.Method, e.Cause)
	}
	fmt.Println(archive.Log.Entries[2].Response.Content.Text)
	// Output:
	// 401 GET ""
	// 201 POST "token-refresh"
	// 200 GET "retry"
	// {"id":"REDACTED","username":"REDACTED"}
}

// A transport records a client that has no chain.
func ExampleRecorder_Transport() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "hello")
	}))
	defer server.Close()

	recorder, err := har.New(har.Config{MaxEntries: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: recorder.Transport(nil, "")}
	resp, err := client.Get(server.URL + "/?page=2&token=secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	client.CloseIdleConnections()
	fmt.Println(recorder.Len(), "entry")
	// Output: 1 entry
}
