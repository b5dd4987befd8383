package auth_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
)

// TestAllocations: chain and session together cost three allocations over the bare transport for up
// to seven headers, and five at most above. The session keeps nothing of its own for a call, also
// with more headers than it remembers the names of.
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
	for headers, most := range map[int]float64{0: 3, 1: 3, 2: 3, 6: 3, 7: 3, 8: 5, 14: 5, 32: 5, 33: 5, 64: 5} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/me", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for i := range headers {
			req.Header.Set(fmt.Sprint("X-Header-", i), "value")
		}
		got := testing.AllocsPerRun(100, func() {
			if _, err := client.RoundTrip(req); err != nil {
				t.Fatal(err)
			}
		})
		if got > most {
			t.Errorf("%d headers: %v allocations, want at most %v", headers, got, most)
		}
	}
}

type constant struct{ resp *http.Response }

func (c constant) RoundTrip(*http.Request) (*http.Response, error) { return c.resp, nil }
