package auth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// TestAllocations: chain and session together cost three allocations over the bare transport.
func TestAllocations(t *testing.T) {
	session, err := auth.New(auth.Config{BaseURL: "https://api.example.com", Refresher: auth.JSONRefresher{URL: "/refresh"}})
	if err != nil {
		t.Fatal(err)
	}
	tok := auth.Token{AccessToken: "a", RefreshToken: "r", Expiry: time.Now().Add(24 * time.Hour)}
	if err := session.Login(t.Context(), tok); err != nil {
		t.Fatal(err)
	}
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}
	client := chain.New(session).Transport(constant{resp})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	got := testing.AllocsPerRun(100, func() {
		if _, err := client.RoundTrip(req); err != nil {
			t.Fatal(err)
		}
	})
	if got > 3 {
		t.Errorf("%v allocations", got)
	}
}

type constant struct{ resp *http.Response }

func (c constant) RoundTrip(*http.Request) (*http.Response, error) { return c.resp, nil }
