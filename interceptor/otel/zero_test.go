package otel_test

import (
	"net/http"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
)

// TestZeroValue asserts that the zero value does nothing and changes nothing.
func TestZeroValue(t *testing.T) {
	t.Parallel()
	var zero otel.Instrumentation
	base := roundTripper(func(*http.Request) (*http.Response, error) {
		return interceptor.NewResponse(nil, http.StatusOK, nil, nil).Response, nil
	})
	client := &http.Client{Transport: zero.Transport(chain.New(zero.Around()...).Transport(base))}
	if err := call(t, client, request(t, http.MethodGet, "http://127.0.0.1/")); err != nil {
		t.Fatal(err)
	}
	if _, err := otel.New(otel.Config{}); err != nil {
		t.Errorf("the zero Config: %v", err)
	}
	zero.OnEvent(auth.Event{Kind: auth.TokenRefreshed})
}
