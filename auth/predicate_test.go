package auth_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

func challenged(values ...string) http.Header { return http.Header{"Www-Authenticate": values} }

// TestPredicates are given responses that are complete.
func TestPredicates(t *testing.T) {
	t.Parallel()
	scope := http.Header{"Www-Authenticate": {`Bearer error="insufficient_scope"`}}
	tutorial := auth.StatusWithMessage(http.StatusUnauthorized, "Invalid JWT")
	for _, test := range []struct {
		name      string
		predicate func(*interceptor.Response) bool
		status    int
		header    http.Header
		body      string
		want      bool
	}{
		{"default", auth.Unauthorized, 401, nil, "", true},
		{"default", auth.Unauthorized, 403, nil, "", false},
		{"default", auth.Unauthorized, 401, scope, "", false},
		{"StatusIn", auth.StatusIn(401, 403), 403, nil, "", true},
		{"StatusIn", auth.StatusIn(401, 403), 403, scope, "", false},
		{"StatusIn", auth.StatusIn(403), 401, nil, "", false},
		{"default", auth.Unauthorized, 401, challenged(`Bearer realm="a"`), "", true},
		{"default", auth.Unauthorized, 401, challenged(`Token realm="a"`), "", true},
		{"default", auth.Unauthorized, 401, challenged(`Bearer error="invalid_token"`), "", true},
		{"default", auth.Unauthorized, 401, challenged(`Bearer`, `Basic realm="a"`), "", true},
		{"default", auth.Unauthorized, 401, challenged(`Bearer error="insufficient_scope", Bearer error="invalid_token"`), "", true},
		{"default", auth.Unauthorized, 401, challenged(`Bearer realm="a", DPoP error="use_dpop_nonce"`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`DPoP error="invalid_dpop_proof", algs="ES256"`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`Bearer error="insufficient_user_authentication", acr_values="x"`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`Bearer error="insufficient_claims", claims="e30="`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`Bearer error="invalid_request"`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`Basic realm="a"`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`Negotiate`, `NTLM`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`Negotiate abc==, Basic realm="a"`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`SCRAM-SHA-256 realm="a"`), "", false},
		{"default", auth.Unauthorized, 401, challenged(`@`), "", true},
		{"StatusIn", auth.StatusIn(401), 401, challenged(`Basic realm="a"`), "", false},
		{"StatusWithMessage", tutorial, 401, nil, `{"message":"Invalid JWT"}`, true},
		{"StatusWithMessage", tutorial, 401, nil, `{"message":"other"}`, false},
		{"StatusWithMessage", tutorial, 403, nil, `{"message":"Invalid JWT"}`, false},
	} {
		r := interceptor.NewResponse(nil, test.status, test.header, []byte(test.body))
		if got := test.predicate(r); got != test.want {
			t.Errorf("%s of %d %v %s: %v", test.name, test.status, test.header, test.body, got)
		}
	}
}

// TestStatusWithMessage_bodies: which bodies are looked at, as the caller sees them.
func TestStatusWithMessage_bodies(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte(`{"code":401}`))
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		status int
		length int64
		header http.Header
		body   string
		want   bool
	}{
		"small":                       {200, 12, nil, `{"code":401}`, true},
		"bad status, unknown length":  {401, -1, nil, `{"code":401}`, true},
		"good status, unknown length": {200, -1, nil, `{"code":401}`, false},
		"good status, long":           {200, 1 << 20, nil, `{"code":401}`, true},
		"bad status, long":            {401, 1 << 20, nil, `{"code":401}` + strings.Repeat(" ", 1<<20), true},
		"text too late":               {401, 1 << 20, nil, strings.Repeat(" ", 1<<20) + `{"code":401}`, false},
		"events": {
			401, -1, http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}}, `{"code":401}`, false,
		},
		"gzip":       {200, 36, http.Header{"Content-Encoding": {"gzip"}}, zipped.String(), true},
		"cut gzip":   {200, 20, http.Header{"Content-Encoding": {"gzip"}}, zipped.String()[:12], false},
		"false gzip": {200, 12, http.Header{"Content-Encoding": {"gzip"}}, `{"code":401}`, true},
	} {
		r := interceptor.NewResponse(nil, test.status, test.header, []byte(test.body))
		r.ContentLength = test.length
		if got := auth.StatusWithMessage(test.status, `"code":401`)(r); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
		if all, err := io.ReadAll(r.Body); err != nil || string(all) != test.body {
			t.Errorf("%s: the caller reads %d bytes, %v", name, len(all), err)
		}
	}
}

// TestStatusWithMessage_stream: the body of a good status whose length is not known reaches the
// caller as it comes.
func TestStatusWithMessage_stream(t *testing.T) {
	t.Parallel()
	pipe, w := io.Pipe() // a read would block for ever
	defer w.Close()
	r := interceptor.NewResponse(nil, http.StatusOK, nil, nil)
	r.ContentLength, r.Body = -1, pipe
	if auth.StatusWithMessage(http.StatusOK, "x")(r) {
		t.Error("it has seen what was never sent")
	}
}
