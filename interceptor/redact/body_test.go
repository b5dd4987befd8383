package redact_test

import (
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func TestBody(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Config{Fields: []string{"id", "tags", "when"}})
	for _, c := range []struct{ contentType, body, want string }{
		{"application/json", ``, ``},
		{"application/json", `{"id": 7, "password":"pw", "ok":true, "no":false, "nil":null}`, `{"id":7,"password":"REDACTED","ok":true,"no":false,"nil":null}`},
		{"application/json; charset=utf-8", `{"PASSWORD":1,"Id":"x"}`, `{"PASSWORD":"REDACTED","Id":"x"}`},
		{"application/problem+json", `{"title":"Out of credit","detail":"x","status":403}`, `{"title":"Out of credit","detail":"REDACTED","status":403}`},
		{"application/json", `[1,"a",[{"id":[1,2]}],{}]`, `["REDACTED","REDACTED",[{"id":[1,2]}],{}]`},
		{"application/json", `{"tags":["a",["b"],{"secret":"c","id":"d"}]}`, `{"tags":["a",["b"],{"secret":"REDACTED","id":"d"}]}`},
		{"application/json", `"` + jwt + `"`, `"REDACTED"`},
		{"text/json", `12345`, `"REDACTED"`},
		{"application/x-ndjson", "{\"id\":1}\n{\"key\":2}\n", "{\"id\":1}\n{\"key\":\"REDACTED\"}"},
		{"application/json", `{"` + opaque + `":1}`, `{"REDACTED":"REDACTED"}`},
		{"application/json", `{"a<b>&":"x","when":"<now> \"é\""}`, `{"a<b>&":"REDACTED","when":"<now> \"é\""}`},
		{"application/json", `{"id":"x","password":"trunc`, `{"id":"x","password":…`},
		{"application/json", `{"id":"x","passw`, `{"id":"x"…`},
		{"application/json", `{"id":"trunc`, `{"id":…`},
		{"application/json", `{"id":1}}`, `{"id":1}…`},
		{"application/json", `<html>secret</html>`, `…`},
		{"application/json", `secret`, `…`},
		{"application/x-www-form-urlencoded", "grant_type=password&username=a&password=b%20c&id=7", "grant_type=password&username=REDACTED&password=REDACTED&id=7"},
		{"application/x-www-form-urlencoded", "id=7&passw", "id=7&REDACTED"},
		{"application/x-www-form-urlencoded", "id=%4", "REDACTED"},
		{"application/x-www-form-urlencoded", "type=" + jwt[:9], "type=REDACTED"},
		{"application/x-www-form-urlencoded", "type=" + jwt[:9] + "&x=", "type=" + jwt[:9] + "&x="},
		{"application/x-www-form-urlencoded", "x=1&id=" + jwt[:9], "x=REDACTED&id=" + jwt[:9]},
		{"application/x-www-form-urlencoded", "grant_type=refresh_token", "grant_type=refresh_token"},
		{"APPLICATION/JSON", `{"a":"x"}`, `{"a":"REDACTED"}`},
		{"multipart/form-data; boundary=x", "--x\r\nsecret", "[multipart/form-data, 11 bytes]"},
		{"text/plain", "secret", "[text/plain, 6 bytes]"},
		{"a/" + opaque, "secret", "[6 bytes]"},
		{"", "secret", "[6 bytes]"},
		{"application/xml", "<a>secret</a>", "[application/xml, 13 bytes]"},
	} {
		if got := r.Body(c.contentType, []byte(c.body)); got != c.want {
			t.Errorf("%s %s\n got %s\nwant %s", c.contentType, c.body, got, c.want)
		}
	}
}

// TestJSON_deep costs neither stack nor time.
func TestJSON_deep(t *testing.T) {
	t.Parallel()
	const depth = 9000
	deep := strings.Repeat(`{"a":[`, depth) + `"secret"` + strings.Repeat(`]}`, depth)
	var r *redact.Redactor
	got := string(r.JSON([]byte(deep)))
	if strings.Contains(got, "secret") || !strings.HasPrefix(got, `{"a":[{"a":[`) {
		t.Errorf("%d bytes, %.40s", len(got), got)
	}
}

func TestIsJSON(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]bool{
		"application/json": true, "Application/JSON; charset=utf-8": true, "application/vnd.api+json": true, "text/json": true,
		"application/x-ndjson": true, "application/jsonl": true, "application/json-seq": true,
		"": false, "text/plain": false, "application/jsonp": false, "application/jose": false,
	} {
		if got := redact.IsJSON(contentType); got != want {
			t.Errorf("%q: %v", contentType, got)
		}
	}
}
