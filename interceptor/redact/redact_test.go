package redact_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	var r *redact.Redactor
	for _, c := range []struct{ got, want string }{
		{r.Text(`Get "https://u:pw@a.example/x?key=s&page=2": dial tcp 127.0.0.1:80: connect: connection refused`), `Get "https://REDACTED@a.example/x?key=REDACTED&page=2": dial tcp 127.0.0.1:80: connect: connection refused`},
		{string(r.JSON([]byte(`{"a":[1,{"b":"x"}],"type":"t","ok":true,"n":null}  "tok"`))), `{"a":["REDACTED",{"b":"REDACTED"}],"type":"t","ok":true,"n":null}` + "\n" + `"REDACTED"`},
		{r.Body("application/json", []byte(`{"a":"xyz`)), `{"a":…`},
		{r.Body("application/x-www-form-urlencoded", []byte(`grant_type=password&password=pw`)), `grant_type=password&password=REDACTED`},
		{r.HeaderValue("set-cookie", "s=abc; Path=/; HttpOnly"), "s=REDACTED; Path=/; HttpOnly"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}
