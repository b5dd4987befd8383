package chain_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// refusing serves a 401 that sets cookies, then 200, and notes which cookies came.
func refusing(t *testing.T, set ...string) (server string, sent *[][]string) {
	t.Helper()
	sent = new([][]string)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		var names []string
		for _, c := range r.Cookies() {
			names = append(names, c.Name+"="+c.Value)
		}
		slices.Sort(names)
		*sent = append(*sent, names)
		if len(*sent) == 1 {
			w.Header()["Set-Cookie"] = set
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Add("Set-Cookie", "last=1")
	}).URL, sent
}

// again retries a 401.
func again() interceptor.Interceptor {
	return interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		return h.Retry(0)
	}}
}

func jarOf(t *testing.T, server string) (*cookiejar.Jar, *url.URL) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(u, []*http.Cookie{{Name: "old", Value: "1"}, {Name: "gone", Value: "1"}})
	return jar, u
}

var (
	setByRefusal = []string{"csrf=x; Path=/", "old=2", "gone=; Max-Age=0", "elsewhere=1; Path=/other"}
	wantSent     = [][]string{{"gone=1", "old=1"}, {"csrf=x", "old=2"}}
)

func inJar(jar http.CookieJar, u *url.URL) string {
	var names []string
	for _, c := range jar.Cookies(u) {
		names = append(names, c.Name+"="+c.Value)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// TestCookies_ofARefusedResponse reach the second send and the client's jar, as with Dio.
func TestCookies_ofARefusedResponse(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(t *testing.T, jar http.CookieJar, server string) error{
		"resty": func(t *testing.T, jar http.CookieJar, server string) error {
			t.Helper()
			client := resty.New().SetCookieJar(jar)
			install(t, chain.New(again()), client)
			_, err := client.R().Get(server)
			return err
		},
		"net/http": func(t *testing.T, jar http.CookieJar, server string) error {
			t.Helper()
			client := &http.Client{Transport: chain.New(again()).Transport(nil), Jar: jar}
			defer client.CloseIdleConnections()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server, http.NoBody)
			if err != nil {
				return err
			}
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			return resp.Body.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, sent := refusing(t, setByRefusal...)
			jar, u := jarOf(t, server)
			if err := do(t, jar, server); err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprint(*sent), fmt.Sprint(wantSent); got != want {
				t.Errorf("sent %s, want %s", got, want)
			}
			if got := inJar(jar, u); got != "csrf=x last=1 old=2" {
				t.Errorf("in the jar: %s", got)
			}
		})
	}
}

// TestCookies_ofAnError reach the jar of a client that the chain is installed in.
func TestCookies_ofAnError(t *testing.T) {
	t.Parallel()
	server, _ := refusing(t, "csrf=x; Path=/")
	jar, u := jarOf(t, server)
	client := resty.New().SetCookieJar(jar)
	c := chain.Config{ErrorOnBadStatus: true}.New()
	install(t, c, client)
	if _, err := client.R().Get(server); err == nil {
		t.Fatal("no error")
	}
	if got := inJar(jar, u); got != "csrf=x gone=1 old=1" {
		t.Errorf("in the jar: %s", got)
	}
}

// TestCookies_withoutJar: a client without a jar sends no cookie that it was not told to send.
func TestCookies_withoutJar(t *testing.T) {
	t.Parallel()
	server, sent := refusing(t, setByRefusal...)
	client := resty.New().SetCookieJar(nil)
	install(t, chain.New(again()), client)
	if _, err := client.R().SetCookie(&http.Cookie{Name: "mine", Value: "1"}).Get(server); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(*sent), "[[mine=1] [mine=1]]"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}

// TestCookies_sharedHeader: the header of a response is not written into; it may be another call's,
// too.
func TestCookies_sharedHeader(t *testing.T) {
	t.Parallel()
	shared := http.Header{"X-Cached": {"yes"}}
	cached := interceptor.Funcs{Error: func(e *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict {
		if e.Request.Attempt() == 1 {
			return h.Retry(0)
		}
		return h.Resolve(interceptor.NewResponse(e.Request, http.StatusOK, shared, nil))
	}}
	client := chain.New(cached).Transport(roundTrip(func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		http.SetCookie(w, &http.Cookie{Name: "csrf", Value: "x"})
		w.WriteHeader(http.StatusUnauthorized)
		return w.Result(), nil
	}))
	resp, err := client.RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if len(shared) != 1 || resp.Header.Get("X-Cached") != "yes" || len(resp.Cookies()) != 1 {
		t.Errorf("shared %v, delivered %v", shared, resp.Header)
	}
}
