package har_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// checkArchive is stricter than the schema, which accepts archives that no reader of the format can
// make sense of: with negative times, phases that do not add up, entries out of order, or names
// that differ between two places.
func checkArchive(t *testing.T, data []byte) {
	t.Helper()
	for _, problem := range problems(data) {
		t.Error(problem)
	}
	if t.Failed() {
		t.Logf("%s", data)
	}
}

func problems(data []byte) []string {
	c := new(checker)
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		return []string{err.Error()}
	}
	log := c.object(root, "", "log")
	if len(root) != 1 || c.text(log, "log", "version") != "1.2" {
		c.addf("log: not version 1.2, or not alone")
	}
	creator := c.object(log, "log", "creator")
	if c.text(creator, "creator", "name") == "" || c.text(creator, "creator", "version") == "" {
		c.addf("creator: name or version is empty")
	}
	var last time.Time
	for i, e := range c.list(log, "log", "entries") {
		at := fmt.Sprintf("entry %d", i)
		started := c.entry(at, e)
		if started.Before(last) {
			c.addf("%s: started before the one before", at)
		}
		last = started
	}
	return c.found
}

type checker struct{ found []string }

func (c *checker) addf(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

func (c *checker) entry(at string, e map[string]any) time.Time {
	started, err := time.Parse(time.RFC3339Nano, c.text(e, at, "startedDateTime"))
	if err != nil {
		c.addf("%s: %v", at, err)
	}
	c.times(at, e)
	c.object(e, at, "cache")
	c.request(at+" request", c.object(e, at, "request"))
	c.response(at+" response", c.object(e, at, "response"))
	if a, ok := e["serverIPAddress"]; ok {
		if _, err := netip.ParseAddr(fmt.Sprint(a)); err != nil {
			c.addf("%s: serverIPAddress %v", at, a)
		}
	}
	if c.number(e, at, "_call") < 1 || c.number(e, at, "_attempt") < 1 {
		c.addf("%s: calls and attempts count from 1", at)
	}
	return started
}

func (c *checker) times(at string, e map[string]any) {
	t := c.object(e, at, "timings")
	sum := 0.0
	for _, name := range []string{"blocked", "dns", "connect", "send", "wait", "receive"} {
		d := c.number(t, at, name)
		optional := name == "blocked" || name == "dns" || name == "connect"
		switch {
		case optional && d == -1:
		case d < 0:
			c.addf("%s: %s is %v", at, name, d)
		default:
			sum += d
		}
	}
	ssl := c.number(t, at, "ssl")
	if ssl != -1 && (ssl < 0 || ssl > c.number(t, at, "connect")) {
		c.addf("%s: ssl is %v, connect %v", at, ssl, t["connect"])
	}
	if total := c.number(e, at, "time"); total < 0 || math.Abs(total-sum) > 1e-6 {
		c.addf("%s: time is %v, the phases add up to %v", at, total, sum)
	}
}

func (c *checker) request(at string, r map[string]any) {
	if m := c.text(r, at, "method"); m == "" || m != strings.ToUpper(m) {
		c.addf("%s: method %q", at, m)
	}
	u, err := url.Parse(c.text(r, at, "url"))
	if err != nil || !u.IsAbs() || u.Host == "" {
		c.addf("%s: url %v, %v", at, r["url"], err)
		return
	}
	var query []string
	for _, p := range c.pairs(r, at, "queryString") {
		query = append(query, strings.TrimSuffix(p[0]+"="+p[1], "="))
	}
	want, err := url.QueryUnescape(u.RawQuery)
	if got := strings.Join(query, "&"); err == nil && got != want {
		c.addf("%s: queryString %q, in the url %q", at, got, want)
	}
	c.headers(at, r)
	c.cookies(at, r, "Cookie")
	if p, ok := r["postData"].(map[string]any); ok {
		c.text(p, at+" postData", "mimeType")
		if p["text"] != nil && p["params"] != nil {
			c.addf("%s: postData has text and params", at)
		}
	} else if n := c.number(r, at, "bodySize"); n != 0 {
		c.addf("%s: bodySize %v and no postData", at, n)
	}
}

func (c *checker) response(at string, r map[string]any) {
	status, text := c.number(r, at, "status"), c.text(r, at, "statusText")
	_, failed := r["_error"]
	if status == 0 && (!failed || text != "") || status != 0 && (status < 100 || status > 999) {
		c.addf("%s: status %v %q, error %v", at, status, text, r["_error"])
	}
	c.headers(at, r)
	c.cookies(at, r, "Set-Cookie")
	c.text(r, at, "redirectURL")
	content := c.object(r, at, "content")
	size := c.number(content, at, "size")
	if body := c.number(r, at, "bodySize"); size < 0 || body < -1 || body != -1 && body != size {
		c.addf("%s: size %v, bodySize %v", at, size, body)
	}
	if c.text(content, at, "mimeType") == "" {
		c.addf("%s: no mimeType", at)
	}
}

func (c *checker) headers(at string, r map[string]any) {
	for _, p := range c.pairs(r, at, "headers") {
		if p[0] == "" || strings.ContainsAny(p[0]+p[1], "\r\n") {
			c.addf("%s: header %q", at, p)
		}
	}
	if c.text(r, at, "httpVersion") == "" && r["status"] != 0.0 {
		c.addf("%s: no httpVersion", at)
	}
	if n := c.number(r, at, "headersSize"); n < -1 {
		c.addf("%s: headersSize %v", at, n)
	}
}

// cookies compares those of the array with those of the header.
func (c *checker) cookies(at string, r map[string]any, header string) {
	var fields strings.Builder
	for _, p := range c.pairs(r, at, "headers") {
		if strings.EqualFold(p[0], header) {
			fields.WriteString("; " + p[1])
		}
	}
	for _, p := range c.pairs(r, at, "cookies") {
		if !strings.Contains(fields.String(), "; "+p[0]+"="+p[1]) {
			c.addf("%s: cookie %q is not in %q", at, p, fields.String())
		}
	}
}

func (c *checker) object(m map[string]any, at, name string) map[string]any {
	v, ok := m[name].(map[string]any)
	if !ok {
		c.addf("%s: %s is %T, want an object", at, name, m[name])
	}
	return v
}

func (c *checker) text(m map[string]any, at, name string) string {
	v, ok := m[name].(string)
	if !ok {
		c.addf("%s: %s is %T, want a string", at, name, m[name])
	}
	return v
}

func (c *checker) number(m map[string]any, at, name string) float64 {
	v, ok := m[name].(float64)
	if !ok || math.IsNaN(v) || math.IsInf(v, 0) {
		c.addf("%s: %s is %T, want a number", at, name, m[name])
	}
	return v
}

func (c *checker) list(m map[string]any, at, name string) []map[string]any {
	v, ok := m[name].([]any)
	if !ok {
		c.addf("%s: %s is %T, want an array", at, name, m[name])
	}
	var list []map[string]any
	for i, e := range v {
		o, ok := e.(map[string]any)
		if !ok {
			c.addf("%s: %s[%d] is %T, want an object", at, name, i, e)
		}
		list = append(list, o)
	}
	return list
}

func (c *checker) pairs(m map[string]any, at, name string) [][2]string {
	var list [][2]string
	for _, o := range c.list(m, at, name) {
		list = append(list, [2]string{c.text(o, at+" "+name, "name"), c.text(o, at+" "+name, "value")})
	}
	return list
}

// TestCheck asserts that the checker can fail.
func TestCheck(t *testing.T) {
	t.Parallel()
	const good = `{"log":{"version":"1.2","creator":{"name":"a","version":"1"},"entries":[
		{"startedDateTime":"2026-01-01T00:00:01.5Z","time":3,"cache":{},"_call":1,"_attempt":1,"serverIPAddress":"::1",
		 "timings":{"blocked":-1,"dns":-1,"connect":-1,"send":0,"wait":1,"receive":2,"ssl":-1},
		 "request":{"method":"GET","url":"http://a/?b=c","httpVersion":"HTTP/1.1","cookies":[{"name":"d","value":"e"}],
		  "headers":[{"name":"Cookie","value":"d=e"}],"queryString":[{"name":"b","value":"c"}],"headersSize":-1,"bodySize":0},
		 "response":{"status":200,"statusText":"OK","httpVersion":"HTTP/1.1","cookies":[],"headers":[],"redirectURL":"",
		  "content":{"size":2,"mimeType":"x-unknown"},"headersSize":-1,"bodySize":2}},
		{"startedDateTime":"2026-01-01T00:00:02Z","time":0,"cache":{},"_call":1,"_attempt":2,
		 "timings":{"blocked":0,"dns":0,"connect":0,"send":0,"wait":0,"receive":0,"ssl":0},
		 "request":{"method":"PUT","url":"http://a/","httpVersion":"HTTP/1.1","cookies":[],"postData":{"mimeType":"","text":"x"},
		  "headers":[],"queryString":[],"headersSize":-1,"bodySize":1},
		 "response":{"status":0,"statusText":"","httpVersion":"","cookies":[],"headers":[],"redirectURL":"","_error":"no",
		  "content":{"size":0,"mimeType":"x-unknown"},"headersSize":-1,"bodySize":-1}}]}}`
	if found := problems([]byte(good)); found != nil {
		t.Fatalf("a good archive has problems: %v", found)
	}
	for _, change := range [][2]string{
		{`"time":3`, `"time":3.5`},
		{`"time":3`, `"time":-3`},
		{`"wait":1`, `"wait":-1`},
		{`"blocked":0`, `"blocked":-2`},
		{`"ssl":0`, `"ssl":1`},
		{`"2026-01-01T00:00:02Z"`, `"2026-01-01T00:00:01Z"`},
		{`"2026-01-01T00:00:02Z"`, `"2026-01-01T00:00:02"`},
		{`"cookies":[],"headers":[],"redirectURL":"",` + "\n", `"cookies":null,"headers":[],"redirectURL":"",` + "\n"},
		{`"cache":{},`, ``},
		{`"::1"`, `"[::1]:80"`},
		{`"url":"http://a/?b=c"`, `"url":"/?b=c"`},
		{`"value":"c"`, `"value":"d"`},
		{`"value":"e"`, `"value":"f"`},
		{`"value":"d=e"`, `"value":"d=\n"`},
		{`"status":200`, `"status":"200"`},
		{`,"_error":"no"`, ``},
		{`"postData":{"mimeType":"","text":"x"},`, ``},
		{`"text":"x"`, `"text":"x","params":[]`},
		{`"bodySize":2`, `"bodySize":3`},
		{`"mimeType":"x-unknown"`, `"mimeType":""`},
		{`"_attempt":1`, `"_attempt":0`},
		{`"version":"1.2"`, `"version":"1.1"`},
		{`"entries":[`, `"entries":[null,`},
		{`{"log"`, `["log"`},
	} {
		if !strings.Contains(good, change[0]) {
			t.Fatalf("%s is not in the archive", change[0])
		}
		if problems([]byte(strings.Replace(good, change[0], change[1], 1))) == nil {
			t.Errorf("%s in the place of %s is not noticed", change[1], change[0])
		}
	}
}
