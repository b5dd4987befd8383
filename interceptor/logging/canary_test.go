package logging_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
)

// canaries are secrets planted in calls, by the place where each is planted. Every other one looks
// like a token, the rest like words, which only their place gives away.
type canaries struct {
	first int // 0 or 1: which of them the first is

	mu    sync.Mutex
	birds map[string]string
}

const alphabet = "bcdfghjkmnpqrstvwxz"

func (c *canaries) at(place string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b, ok := c.birds[place]; ok {
		return b
	}
	if c.birds == nil {
		c.birds = make(map[string]string)
	}
	n := len(c.birds)
	b := fmt.Sprintf("%x", sha256.Sum256([]byte(place)))[:24]
	if n%2 == c.first {
		b = "qx" + string([]byte{alphabet[n%19], alphabet[n*7%19], alphabet[n*3%19], alphabet[n/19]}) + "zzw"
	}
	c.birds[place] = b
	return b
}

// token is one that looks like one wherever it is.
func (c *canaries) token(place string) string {
	for n := 0; ; n++ {
		if b := c.at(place + strconv.Itoa(n)); len(b) > 20 {
			return b
		}
	}
}

// check looks for the canaries, and for pieces of those that are long, in every spelling.
func (c *canaries) check(t *testing.T, output string) {
	t.Helper()
	const piece, step = 8, 4 // any 11 characters contain a whole piece
	lower := strings.ToLower(output)
	for place, b := range c.birds {
		forms := []string{b, url.QueryEscape(b), base64.StdEncoding.EncodeToString([]byte(b)), strconv.QuoteToASCII(b)}
		for i := 0; i+piece <= len(b); i += step {
			forms = append(forms, b[i:i+piece])
		}
		for _, f := range forms {
			if at := strings.Index(lower, strings.ToLower(f)); at >= 0 {
				t.Errorf("the secret in %s is out: …%s…", place, output[max(at-120, 0):min(at+60, len(output))])
				break
			}
		}
	}
}

// aviary is a server that wants to see the canaries of requests and answers with more of them.
func aviary(t *testing.T, c *canaries) *httptest.Server {
	t.Helper()
	requests := 0
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if place := r.Header.Get("X-Place"); place != "" && !strings.Contains(string(body), c.at(place)) {
			t.Errorf("the secret in %s has not arrived: %q", place, body)
		}
		mu.Lock()
		requests++
		n := requests
		mu.Unlock()
		h := w.Header()
		h.Add("Set-Cookie", "session="+c.at("response cookie")+"; Path=/; HttpOnly")
		h.Set("X-Session-Token", c.at("response header"))
		h.Set("WWW-Authenticate", `Bearer realm="api", nonce="`+c.at("challenge")+`"`)
		h.Set("Content-Type", "application/json; charset=utf-8")
		switch {
		case r.URL.Path == "/redirect":
			h.Set("Location", "/next?code="+c.at("location query")+"&page=1#access_token="+c.at("location fragment"))
			w.WriteHeader(http.StatusTemporaryRedirect)
		case strings.HasPrefix(r.URL.Path, "/flaky") && n%3 != 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/broken":
			h.Set("Content-Length", "1000")
		}
		fmt.Fprintf(w, `{"type":"user","access_token":%q,"list":[{"secret":%q}],"%s":1,"number":73619528401730%d}`,
			c.at("response JSON"), c.at("response JSON list"), c.token("response JSON name"), n%10)
	}))
	t.Cleanup(s.Close)
	return s
}

// TestCanaries plants secrets everywhere and finds none of them in anything that is written, at any
// level, with everything switched on, wherever bodies are cut.
func TestCanaries(t *testing.T) {
	t.Parallel()
	for i, limit := range []int{0, logging.MaxBodyLimit, 75, 1 << 10, 17, 40} {
		t.Run(fmt.Sprintf("limit=%d", limit), func(t *testing.T) {
			t.Parallel()
			c, j, plain := &canaries{first: i % 2}, new(journal), new(journal)
			server := aviary(t, c)
			log, err := logging.New(logging.Config{
				Logger: slog.New(slog.NewMultiHandler(
					slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}),
					slog.NewTextHandler(plain, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}),
				)),
				Requests: true, Headers: true, BodyLimit: limit, Curl: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			list := stock(t, log)
			base := &lossy{base: server.Client().Transport, canaries: c}
			client := resty.New().SetTransport(base).SetLogger(silent{})
			if err := chain.New(append(list, leaky(c))...).Install(client); err != nil {
				t.Fatal(err)
			}
			fly(t, client, c, server.URL)
			c.check(t, j.String())
			c.check(t, plain.String())
			c.check(t, fmt.Sprintf("%v %+v %#v", list, list, list))
			checkAlive(t, j, limit)
		})
	}
}

// stock are all interceptors of these packages.
func stock(t *testing.T, log *logging.Interceptor) []interceptor.Interceptor {
	t.Helper()
	ids, err := requestid.New(requestid.Config{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := idempotency.New(idempotency.Config{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := retry.New(retry.Config{BaseDelay: time.Millisecond, Budget: retry.Budget{Burst: -1}})
	if err != nil {
		t.Fatal(err)
	}
	return []interceptor.Interceptor{ids, log, keys, again}
}

// leaky puts secrets into requests behind the logger, as auth does, and into errors, as nobody
// should.
func leaky(c *canaries) interceptor.Interceptor {
	return interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			req.Header.Set("Authorization", "Bearer "+c.at("authorization"))
			if req.URL.Path == "/reject" {
				return h.Reject(fmt.Errorf("login of %s failed: %w", c.at("authorization"), errors.New(
					`400: {"password":"`+c.at("error JSON")+`"}, token `+c.token("error")+" or "+c.token("bare error")+", key="+c.at("error pair"))), interceptor.Through)
			}
			return h.Next(req)
		},
		Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			if r.Request.URL.Path == "/refuse" {
				return h.Reject(fmt.Errorf("unexpected body %q", `{"token":"`+c.at("error quoted")+`"}`), interceptor.Through)
			}
			return h.Next(r)
		},
	}
}

// lossy is a transport whose errors repeat what they should not.
type lossy struct {
	base     http.RoundTripper
	canaries *canaries
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/lost" {
		return l.base.RoundTrip(r)
	}
	c := l.canaries
	return nil, fmt.Errorf("%s %s: Authorization: %s: cookie %q: see https://u:%s@h/?x=%s: %s: %w",
		r.Method, r.URL, r.Header.Get("Authorization"), r.Header.Get("Cookie"), c.at("error userinfo"), c.at("error query"),
		r.Header.Get("X-Api-Key"), io.ErrUnexpectedEOF)
}

// fly makes calls with a secret in each place that a call has.
func fly(t *testing.T, client *resty.Client, c *canaries, base string) {
	t.Helper()
	userinfo := strings.Replace(base, "://", "://"+c.at("user")+":"+c.at("password")+"@", 1)
	for _, path := range []string{"/", "/redirect", "/flaky", "/broken", "/lost", "/reject", "/refuse", "/reset/" + c.token("path")} {
		for _, send := range []func(r *resty.Request, to string){
			func(r *resty.Request, to string) { _, _ = r.Get(to) },
			func(r *resty.Request, to string) {
				_, _ = r.SetBasicAuth(c.at("basic user"), c.at("basic password")).Delete(to)
			},
			func(r *resty.Request, to string) {
				_, _ = r.SetFormData(map[string]string{"type": "x", "password": c.at("form")}).
					SetHeader("X-Place", "form").Post(to)
			},
			func(r *resty.Request, to string) {
				_, _ = r.SetBody(map[string]any{"type": "x", "deep": []any{map[string]any{"pin": c.at("JSON")}}}).
					SetHeader("X-Place", "JSON").Put(to)
			},
			func(r *resty.Request, to string) {
				_, _ = r.SetBody(strconv.Quote(c.at("JSON string"))).SetHeader("Content-Type", "application/json").Patch(to)
			},
			func(r *resty.Request, to string) {
				_, _ = r.SetMultipartFormData(map[string]string{"password": c.at("multipart")}).
					SetFileReader("file", c.at("file name"), strings.NewReader(c.at("file"))).
					SetHeader("X-Place", "multipart").Post(to)
			},
			func(r *resty.Request, to string) {
				_, _ = r.SetBody(c.at("text")).SetHeader("Content-Type", "text/plain").Post(to)
			},
		} {
			r := client.R().SetContext(retry.Always(context.WithoutCancel(t.Context()))).
				SetHeader("X-Api-Key", c.at("header")).
				SetHeader("User-Agent", "tool/"+c.token("known header")).
				SetHeader("Referer", "https://h/?t="+c.at("referer")).
				SetCookie(&http.Cookie{Name: "sid", Value: c.at("cookie")}).
				SetQueryParam("token", c.at("query")).
				SetQueryParam("page", c.token("known query")).
				SetQueryParam(c.token("query name"), "1")
			send(r, userinfo+path)
		}
	}
}

// checkAlive makes sure that there was something to find.
func checkAlive(t *testing.T, j *journal, limit int) {
	t.Helper()
	messages := make(map[any]int)
	for _, r := range j.records(t) {
		messages[r["msg"]]++
	}
	if messages["request"] < 7*8 || messages["response"] < 7*5 || messages["request failed"] < 7*4 {
		t.Errorf("records: %v", messages)
	}
	have := []string{`"Authorization":"Bearer REDACTED"`, `"Cookie":"sid=REDACTED"`, "token=REDACTED", "//REDACTED@127.0.0.1", "/reset/REDACTED", "--data-binary @body"}
	if limit >= 75 {
		have = append(have, `\"deep\":[{\"pin\":\"REDACTED\"}]`, "password=REDACTED", `"response_body":"{\"type\":\"user\",\"access_token\":`)
	}
	for _, text := range have {
		if !strings.Contains(j.String(), text) {
			t.Errorf("no %s in the log", text)
		}
	}
}

type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
