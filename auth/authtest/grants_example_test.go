package authtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// Your own handler, guarded by the server's tokens.
func ExampleServer_Protect() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	api := httptest.NewServer(server.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "tickets of %s", server.User(r))
	})))
	defer api.Close()

	get := func(token string) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, api.URL, http.NoBody)
		if err != nil {
			fmt.Println(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := api.Client().Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		fmt.Println(resp.StatusCode, string(body), err)
	}
	token := server.Issue("alice").AccessToken
	get(token)
	server.ExpireAccess()
	get(token)
	// Output:
	// 200 tickets of alice <nil>
	// 401 {"message":"Invalid JWT"} <nil>
}

// A device shows a user code; the test plays the user.
func ExampleServer_ApproveDevice() {
	server := authtest.NewServer(authtest.Config{InMemory: true})
	defer server.Close()
	post := func(path string, form url.Values) map[string]any {
		resp, err := server.Client().PostForm(server.URL+path, form)
		if err != nil {
			fmt.Println(err)
			return nil
		}
		defer resp.Body.Close()
		var m map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
			fmt.Println(err)
		}
		return m
	}
	device := post("/oauth/device_authorization", nil)
	code, _ := device["user_code"].(string)
	if err := server.ApproveDevice(code, "alice"); err != nil {
		fmt.Println(err)
	}
	secret, _ := device["device_code"].(string)
	token := post("/oauth/token", url.Values{
		"grant_type":  {"urn:ietf:params:oauth:grant-type:device_code"},
		"device_code": {secret},
	})
	fmt.Println(token["token_type"], token["expires_in"])
	// Output: Bearer 300
}
