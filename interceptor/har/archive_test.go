package har_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/go-resty/resty/v2"
	"go.uber.org/goleak"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// archive is the part of an archive that the tests read.
type archive struct {
	Log struct {
		Comment string   `json:"comment"`
		Entries []*entry `json:"entries"`
	} `json:"log"`
}

type entry struct {
	Started    string      `json:"startedDateTime"`
	Request    sentRequest `json:"request"`
	Response   answer      `json:"response"`
	Timings    timings     `json:"timings"`
	Address    string      `json:"serverIPAddress"`
	Port       string      `json:"connection"`
	Connection string      `json:"_connectionId"`
	Comment    string      `json:"comment"`
	Call       int         `json:"_call"`
	Attempt    int         `json:"_attempt"`
	Cause      string      `json:"_cause"`
}

type sentRequest struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []cookie  `json:"cookies"`
	Headers     []pair    `json:"headers"`
	QueryString []pair    `json:"queryString"`
	BodySize    int64     `json:"bodySize"`
	PostData    *postData `json:"postData"`
}

type postData struct {
	MimeType string  `json:"mimeType"`
	Text     string  `json:"text"`
	Comment  string  `json:"comment"`
	Params   []param `json:"params"`
}

type param struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	FileName    string `json:"fileName"`
	ContentType string `json:"contentType"`
}

type answer struct {
	Status      int      `json:"status"`
	StatusText  string   `json:"statusText"`
	HTTPVersion string   `json:"httpVersion"`
	RedirectURL string   `json:"redirectURL"`
	Cookies     []cookie `json:"cookies"`
	Headers     []pair   `json:"headers"`
	BodySize    int64    `json:"bodySize"`
	Content     content  `json:"content"`
	Error       string   `json:"_error"`
}

type content struct {
	Size     int64  `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
	Encoding string `json:"encoding"`
	Comment  string `json:"comment"`
}

type timings struct {
	Blocked float64 `json:"blocked"`
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
	SSL     float64 `json:"ssl"`
}

type pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type cookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path"`
	Domain   string `json:"domain"`
	Expires  string `json:"expires"`
	HTTPOnly bool   `json:"httpOnly"`
	Secure   bool   `json:"secure"`
}

// line returns a summary of the entry.
func (e *entry) line() string {
	s := fmt.Sprintf("%d.%d %s %d", e.Call, e.Attempt, e.Request.Method, e.Response.Status)
	if e.Cause != "" {
		s += " " + e.Cause
	}
	return s
}

func (a archive) lines() []string {
	var list []string
	for _, e := range a.Log.Entries {
		list = append(list, e.line())
	}
	return list
}

func value(list []pair, name string) string {
	for _, p := range list {
		if p.Name == name {
			return p.Value
		}
	}
	return "(absent)"
}

func newRecorder(tb testing.TB, c har.Config) *har.Recorder {
	tb.Helper()
	r, err := har.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// written returns the archive of a recorder, after checkArchive has checked it.
func written(t *testing.T, r *har.Recorder) archive {
	t.Helper()
	var b bytes.Buffer
	n, err := r.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d bytes, %v", n, b.Len(), err)
	}
	checkArchive(t, b.Bytes())
	var a archive
	if err := json.Unmarshal(b.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// only returns the only entry of the recorder.
func only(t *testing.T, r *har.Recorder) *entry {
	t.Helper()
	a := written(t, r)
	if len(a.Log.Entries) != 1 {
		t.Fatalf("%d entries, want 1: %v", len(a.Log.Entries), a.lines())
	}
	return a.Log.Entries[0]
}

func restyClient(t *testing.T, is ...interceptor.Interceptor) *resty.Client {
	t.Helper()
	c := resty.New()
	if err := chain.New(is...).Install(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.GetClient().CloseIdleConnections)
	return c
}

func httpClient(t *testing.T, is ...interceptor.Interceptor) *http.Client {
	t.Helper()
	c := &http.Client{Transport: chain.New(is...).Transport(nil)}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// call sends a request and reads the response.
func call(t *testing.T, c *http.Client, req *http.Request) (string, error) {
	t.Helper()
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return string(data), err
}

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// again retries every error.
func again() interceptor.Interceptor {
	return &interceptor.Funcs{Error: func(_ *interceptor.Error, h interceptor.ErrorHandler) interceptor.Verdict { return h.Retry(0) }}
}
