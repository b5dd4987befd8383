package redact_test

import (
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func newRedactor(tb testing.TB, c redact.Config) *redact.Redactor {
	tb.Helper()
	r, err := redact.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// The secrets of these tests, of the forms that secrets have.
const (
	jwt    = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlX29mX2FfdG9rZW4"
	opaque = "tGzv3JOkF0XG5Qx2TlKWIA"
	hexa   = "9f86d081884c7d659a2feaa0c55ad015"
	guid   = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
	github = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
	letter = "QwErTyUiOpAsDfGhJkLz"
)

func TestNew_checks(t *testing.T) {
	t.Parallel()
	_, err := redact.New(redact.Config{
		Headers: []string{"authorization", "Cookie", "SET-COOKIE", "Proxy-Authorization", " "},
		Query:   []string{""},
		Fields:  []string{"id", ""},
	})
	if err == nil || strings.Count(err.Error(), "redact: ") != 7 {
		t.Errorf("got %v, want seven problems", err)
	}
}

// TestNew_copies what the caller may change later.
func TestNew_copies(t *testing.T) {
	t.Parallel()
	fields := []string{"id"}
	r := newRedactor(t, redact.Config{Fields: fields})
	fields[0] = "password"
	if got := r.FieldValue("password", "x"); got != redact.Mask {
		t.Errorf("got %q", got)
	}
}

// TestNil is the zero Config.
func TestNil(t *testing.T) {
	t.Parallel()
	for _, r := range []*redact.Redactor{nil, {}, newRedactor(t, redact.Config{})} {
		for _, got := range []string{
			r.HeaderValue("Authorization", "Bearer "+jwt), r.HeaderValue("X-Api-Key", jwt), r.QueryValue("q", jwt),
			r.FieldValue("f", jwt), r.Text(jwt), r.URLString("https://a.example/" + jwt), r.Name(jwt),
		} {
			if strings.Contains(got, jwt) {
				t.Errorf("%s", got)
			}
		}
		if got := r.HeaderValue("Accept", "text/html"); got != "text/html" {
			t.Errorf("got %q", got)
		}
	}
}

// TestValues: names are compared without regard to case; what is known is checked, what the user
// lists is shown.
func TestValues(t *testing.T) {
	t.Parallel()
	r := newRedactor(t, redact.Config{Headers: []string{"x-Plan", "Location"}, Query: []string{"Sort", "key"}, Fields: []string{"ID"}})
	for _, c := range []struct{ got, want string }{
		{r.HeaderValue("X-PLAN", jwt), jwt},
		{r.HeaderValue("X-Plan-B", "free"), redact.Mask},
		{r.QueryValue("sort", jwt), jwt},
		{r.QueryValue("KEY", "k;x=1"), "k;x=1"},
		{r.QueryValue("page", "2"), "2"},
		{r.QueryValue("PAGE", jwt), redact.Mask},
		{r.QueryValue("page", "2;token=x"), redact.Mask},
		{r.QueryValue("q", "umbrella"), redact.Mask},
		{r.QueryValue("q", ""), ""},
		{r.FieldValue("id", jwt), jwt},
		{r.FieldValue("Error", "invalid_grant"), "invalid_grant"},
		{r.FieldValue("error", "no such token: "+opaque), redact.Mask},
		{r.FieldValue("name", "Alice"), redact.Mask},
		{r.Name("user_name"), "user_name"},
		{r.Name("how-to-build-a-house-in-2024"), "how-to-build-a-house-in-2024"},
		{r.Name(opaque), redact.Mask},
		{r.Name(guid), guid},
		{r.Name(guid[:35] + "z"), redact.Mask},
		{r.Name(strings.Repeat("a ", 41)), redact.Mask},
		{r.Name("a\nb"), redact.Mask},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
