package authtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestServer_Smoke(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, inMemory bool) {
		s := authtest.NewServer(authtest.Config{InMemory: inMemory})
		defer s.Close()
		c := s.Client()
		post := func(path, body string) (int, map[string]any) {
			resp, err := c.Post(s.URL+path, "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var m map[string]any
			if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, m
		}
		code, m := post("/auth/login", `{"username":"alice","password":"wonderland"}`)
		if code != 200 {
			t.Fatal(code, m)
		}
		old := m["refreshToken"].(string)
		code, m = post("/auth/refresh", `{"refreshToken":"`+old+`"}`)
		if code != 201 {
			t.Fatal(code, m)
		}
		req, _ := http.NewRequest(http.MethodGet, s.URL+"/me", http.NoBody)
		req.Header.Set("Authorization", "Bearer "+m["accessToken"].(string))
		resp, err := c.Do(req)
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(resp, err)
		}
		resp.Body.Close()
		code, m = post("/auth/refresh", `{"refreshToken":"`+old+`"}`)
		if code != 401 || m["message"] != "Invalid refresh token" {
			t.Fatal(code, m)
		}
		s.AssertRefreshes(t, 2)
		s.AssertSessions(t, 0)
	}
	t.Run("tcp", func(t *testing.T) { t.Parallel(); run(t, false) })
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { run(t, true) })
	})
}
