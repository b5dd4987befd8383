package login_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/auth/login"
)

func TestDevice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, authtest.Config{Clients: authtest.Secrets{"app": ""}, DeviceInterval: 7 * time.Second})
		begin := time.Now()
		token, err := login.Device(t.Context(), login.DeviceConfig{
			Client: clientOf(t, s),
			Show: func(_ context.Context, p login.DevicePrompt) error {
				if p.URL != s.URL+"/oauth/device" || !strings.HasPrefix(p.CompleteURL, p.URL+"?") || !p.Expiry.Equal(begin.Add(10*time.Minute)) {
					t.Errorf("prompt %+v", p)
				}
				time.AfterFunc(20*time.Second, func() {
					if err := s.ApproveDevice(p.UserCode, "bob"); err != nil {
						t.Error(err)
					}
				})
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := me(t, s, token.AccessToken); got != "bob" {
			t.Errorf("user %q", got)
		}
		if d := time.Since(begin); d != 21*time.Second { // polls after 7, 14 and 21 s
			t.Errorf("after %v", d)
		}
	})
}

func TestDevice_ends(t *testing.T) {
	t.Parallel()
	broken := errors.New("no screen")
	for name, c := range map[string]struct {
		show func(*authtest.Server, login.DevicePrompt, context.CancelFunc) error
		want error
		took time.Duration
	}{
		"denied": {func(s *authtest.Server, p login.DevicePrompt, _ context.CancelFunc) error {
			return s.DenyDevice(p.UserCode)
		}, login.ErrAccessDenied, 5 * time.Second},
		"expired": {func(*authtest.Server, login.DevicePrompt, context.CancelFunc) error { return nil }, login.ErrExpired, 10 * time.Minute},
		"canceled": {func(_ *authtest.Server, _ login.DevicePrompt, cancel context.CancelFunc) error {
			time.AfterFunc(time.Second, cancel)
			return nil
		}, context.Canceled, time.Second},
		"not shown": {func(*authtest.Server, login.DevicePrompt, context.CancelFunc) error { return broken }, broken, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, authtest.Config{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			begin := time.Now()
			_, err := login.Device(ctx, login.DeviceConfig{
				Client: clientOf(t, s),
				Show:   func(_ context.Context, p login.DevicePrompt) error { return c.show(s, p, cancel) },
			})
			if !errors.Is(err, c.want) || time.Since(begin) != c.took {
				t.Errorf("%s: error %v after %v, want %v after %v", name, err, time.Since(begin), c.want, c.took)
			}
		})
	}
}

// The provider slows down, is overloaded, is not reached and refuses, in this order.
func TestDevice_waits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		responses := []struct {
			status int
			body   string
			after  time.Duration // the next request
		}{
			{200, `{"device_code":"dc","user_code":"AB-CD","verification_url":"https://id.test/d","expires_in":"1800","interval":"2"}`, 2 * time.Second},
			{400, `{"error":"slow_down"}`, 7 * time.Second},
			{400, `{"error":"authorization_pending"}`, 7 * time.Second},
			{503, `<h1>busy</h1>`, 14 * time.Second},
			{0, ``, 28 * time.Second},
			{429, `{"error":"rate_limited"}`, 56 * time.Second},
			{500, `{"error":"server_error"}`, time.Minute},
			{400, `{"error":"authorization_pending"}`, 7 * time.Second},
			{400, `{"error":"invalid_client","error_description":"dc\u001b[31m is unknown"}`, 0},
		}
		n, last := 0, time.Now()
		client := login.Client{ID: "app"}
		client.Provider.Endpoint.DeviceAuthURL, client.Provider.Endpoint.TokenURL = "https://id.test/da", "https://id.test/t"
		client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			if n > 0 && time.Since(last) != responses[n-1].after {
				t.Errorf("request %d after %v, want %v", n, time.Since(last), responses[n-1].after)
			}
			got := responses[n]
			n, last = n+1, time.Now()
			if got.status == 0 {
				return nil, errors.New("connection refused")
			}
			return answerWith(got.status, "application/json", got.body)(r)
		})
		_, err := login.Device(t.Context(), login.DeviceConfig{
			Client: client, Show: func(context.Context, login.DevicePrompt) error { return nil },
		})
		e, ok := errors.AsType[*login.Error](err)
		if !ok || e.Code != "invalid_client" || strings.Contains(err.Error(), "\x1b") || !strings.Contains(err.Error(), "Client.Secret") {
			t.Errorf("error %v", err)
		}
		if n != len(responses) {
			t.Errorf("%d requests, want %d", n, len(responses))
		}
	})
}

func TestDevice_refuses_bad_responses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`: "no code", `[]`: "no code", `<html>`: "no code", `null`: "no code",
		`{"error":"invalid_scope"}`: "Client.Scopes",
		`{"device_code":"d","user_code":"u","verification_uri":"http://evil.test/d"}`:  "use https",
		`{"device_code":"d","user_code":"u","verification_uri":"javascript:alert(1)"}`: "must be an absolute",
		`{"device_code":"d","user_code":"u","verification_uri":""}`:                    "must be an absolute",
		`{"device_code":"d","user_code":"u","x":"` + strings.Repeat("x", 1<<20) + `"}`: "longer than 1 MiB",
	} {
		client := login.Client{ID: "app", Transport: answerWith(200, "application/json", body)}
		client.Provider.Endpoint.DeviceAuthURL, client.Provider.Endpoint.TokenURL = "https://id.test/da", "https://id.test/t"
		_, err := login.Device(t.Context(), login.DeviceConfig{
			Client: client, Show: func(context.Context, login.DevicePrompt) error { t.Error("shown"); return nil },
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, want %q", body, err, want)
		}
	}
	_, err := login.Device(t.Context(), login.DeviceConfig{})
	for _, want := range []string{"Client.ID", "Show is required", "no device authorization endpoint"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("zero: error %v, want %q", err, want)
		}
	}
}
