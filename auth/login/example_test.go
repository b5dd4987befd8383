package login_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

// Sign in with the browser, and give the token to a session that refreshes it with the same client.
func Example() {
	provider := authtest.NewServer(authtest.Config{Clients: authtest.Secrets{"my-program": ""}})
	defer provider.Close()
	ctx := context.Background()

	found, err := login.Discover(ctx, provider.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := login.Client{Provider: *found, ID: "my-program", Scopes: []string{"openid", "offline_access"}}
	token, err := login.Browser(ctx, login.BrowserConfig{
		Client: client,
		Open:   openWithoutHuman, // leave it out: the user's browser opens
		Output: io.Discard,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := auth.New(auth.Config{
		BaseURL:   provider.URL,
		Refresher: client.Refresher(),
		Revoke:    client.Revoker().Revoke,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = session.Close(ctx) }()
	fmt.Println("signed in:", session.Login(ctx, token) == nil)
	// Output: signed in: true
}

// openWithoutHuman stands for the browser and the user in front of it.
func openWithoutHuman(_ context.Context, url string) error {
	go func() {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		if resp, err := client.Get(url); err == nil {
			_ = resp.Body.Close()
		}
	}()
	return nil
}

// Over ssh the user opens the URL at home and pastes where the browser ended.
func ExampleBrowser_noBrowser() {
	provider := authtest.NewServer(authtest.Config{})
	defer provider.Close()
	ctx := context.Background()
	found, err := login.Discover(ctx, provider.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	var screen strings.Builder
	token, err := login.Browser(ctx, login.BrowserConfig{
		Client:    login.Client{Provider: *found, ID: "my-program"},
		NoBrowser: true,
		Output:    &screen,
		Paste: func(ctx context.Context) (string, error) { // a program reads a line of its terminal here
			return endOf(ctx, addressIn(screen.String()))
		},
	})
	fmt.Println(token.RefreshToken != "", err)
	// Output: true <nil>
}

// endOf plays the browser of another machine: it returns the address that cannot be reached there.
func endOf(ctx context.Context, address string) (string, error) {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	return resp.Header.Get("Location"), nil
}

// A device without a browser shows a code.
func ExampleDevice() {
	provider := authtest.NewServer(authtest.Config{DeviceInterval: time.Second})
	defer provider.Close()
	ctx := context.Background()
	found, err := login.Discover(ctx, provider.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := login.Device(ctx, login.DeviceConfig{
		Client: login.Client{Provider: *found, ID: "my-program"},
		Show: func(_ context.Context, p login.DevicePrompt) error {
			fmt.Println("Go to", strings.TrimPrefix(p.URL, provider.URL), "and enter a code of", len(p.UserCode), "characters")
			return provider.ApproveDevice(p.UserCode, "alice") // the user does that
		},
	})
	fmt.Println(token.AccessToken != "", err)
	// Output:
	// Go to /oauth/device and enter a code of 9 characters
	// true <nil>
}

// The endpoints of a provider.
func ExampleDiscover() {
	provider := authtest.NewServer(authtest.Config{})
	defer provider.Close()
	found, err := login.Discover(context.Background(), provider.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.TrimPrefix(found.Endpoint.TokenURL, provider.URL), found.SendsIssuer)
	// Output: /oauth/token true
}

// A program that registers itself, as clients of MCP servers do.
func ExampleProvider_Register() {
	server := authtest.NewServer(authtest.Config{InMemory: true})
	defer server.Close()
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, server.Client())
	provider, err := login.Discover(ctx, server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := provider.Register(ctx, login.Registration{Name: "My program"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(client.ID != "", client.Secret == "")
	// Output: true true
}

// Ending the user's session at the provider, in the browser.
func ExampleProvider_LogoutURL() {
	provider := login.Provider{EndSessionURL: "https://id.example.com/logout"}
	url, err := provider.LogoutURL("my-program", "", "", "")
	fmt.Println(url, err)
	// Output: https://id.example.com/logout?client_id=my-program <nil>
}

// A client that authenticates with its key.
func ExamplePrivateKeyJWT() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	assertion, err := login.PrivateKeyJWT("my-program", "key-1", key)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := login.Client{ID: "my-program", Assertion: assertion}
	fmt.Println(client.OAuth2().ClientID)
	// Output: my-program
}

// What to tell the user.
func ExampleError() {
	err := error(&login.Error{Code: "access_denied"})
	fmt.Println(errors.Is(err, login.ErrAccessDenied))
	fmt.Println(err)
	// Output:
	// true
	// login: the provider says "access_denied"; the user or a policy refused; ask again or ask the provider's administrator
}
