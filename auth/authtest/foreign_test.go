package authtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestForeign_records_credentials(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	p := s.Issue("bob")
	f := s.Foreign()
	if f.URL == s.URL || !strings.HasPrefix(f.URL, "http://127.0.0.1:") {
		t.Fatalf("URL %q", f.URL)
	}
	if a := call(t, s, http.StatusOK, http.MethodGet, f.URL+"/fine", "", nil); a.body != `{"foreign":true}` {
		t.Errorf("%s", a.body)
	}
	if leaks := f.Leaks(); len(leaks) != 0 {
		t.Errorf("leaks %v", leaks)
	}
	s.AssertNoLeak(t)
	call(t, s, http.StatusOK, http.MethodGet, f.URL, "", bearer("not even ours"))
	call(t, s, http.StatusOK, http.MethodGet, f.URL+"/"+p.AccessToken+"/x", "", nil)
	call(t, s, http.StatusOK, http.MethodPut, f.URL+"/?t="+p.RefreshToken, "", nil)
	call(t, s, http.StatusOK, http.MethodPost, f.URL+"/", "refresh_token="+p.RefreshToken, nil)
	call(t, s, http.StatusOK, http.MethodGet, f.URL+"/", "", http.Header{"Cookie": {"session=" + p.AccessToken}})
	want := []authtest.Leak{
		{Method: "GET", Where: "Authorization header"},
		{Method: "GET", Where: "URL"},
		{Method: "PUT", Where: "URL"},
		{Method: "POST", Where: "body"},
		{Method: "GET", Where: "header Cookie"},
	}
	if got := f.Leaks(); !slices.Equal(got, want) {
		t.Errorf("leaks %v", got)
	}
	if st := s.Stats(); st.ForeignRequests != 6 || st.ForeignTokens != 5 || st.APICalls != 0 {
		t.Errorf("%+v", st)
	}
	call(t, s, http.StatusNotFound, http.MethodGet, "/status/404", "", nil)
	call(t, s, http.StatusBadRequest, http.MethodGet, "/status/"+p.RefreshToken, "", nil)
	call(t, s, http.StatusBadRequest, http.MethodGet, "/status/a-long-path-without-a-token-in-it", "", nil)
	said := fmt.Sprint(s.Timeline(), f.Leaks())
	if strings.Contains(said, p.AccessToken) || strings.Contains(said, p.RefreshToken) {
		t.Error("a record holds a token")
	}
	if strings.Count(said, "GET REDACTED") != 2 || !strings.Contains(said, "without-a-token") {
		t.Errorf("timeline\n%s", s.Timeline())
	}
}

func TestForeign_answers(t *testing.T) {
	t.Parallel()
	s := authtest.NewServer(authtest.Config{}) // by TCP, as a browser would
	defer s.Close()
	f := s.Foreign()
	f.Answer(http.StatusUnauthorized, http.Header{"Www-Authenticate": {"Bearer"}}, `{"message":"Invalid JWT"}`)
	a := call(t, s, http.StatusUnauthorized, http.MethodGet, f.URL, "", nil)
	if a.header.Get("WWW-Authenticate") != "Bearer" || a.body != `{"message":"Invalid JWT"}` {
		t.Errorf("%v %s", a.header, a.body)
	}
	f.Redirect(http.StatusFound, s.URL+"/public/echo")
	resp, err := s.Client().Do(request(t.Context(), t, s, http.MethodGet, f.URL, "", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Request.URL.Path != "/public/echo" {
		t.Errorf("ended at %v", resp.Request.URL)
	}
	f.Answer(7, nil, "")
	call(t, s, http.StatusInternalServerError, http.MethodGet, f.URL, "", nil)
}

func TestForeign_is_where_net_http_keeps_the_token(t *testing.T) {
	t.Parallel()
	s := newServer(t, authtest.Config{})
	r := request(t.Context(), t, s, http.MethodGet, "/redirect?to="+s.Foreign().URL, "", bearer(s.Issue("bob").AccessToken))
	resp, err := s.Client().Do(r) // follows the redirect with the header, for only the port differs
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if st := s.Stats(); st.ForeignTokens != 1 {
		t.Errorf("%+v", st)
	}
}
