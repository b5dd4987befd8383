package har_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// lacking skips a test for want of a tool, unless all are required: in CI that is a failure.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.ExpandEnv("$CHATELAINE_REQUIRE_ALL") == "1" {
		t.Fatalf("%s, and CHATELAINE_REQUIRE_ALL is set", what)
	}
	t.Skip(what)
}

// validate returns what the npm packages report about an archive; "" means no problem.
func validate(t *testing.T, dir string, archive []byte) string {
	t.Helper()
	const script = `
		const {har} = require("har-validator"), chunks = [];
		process.stdin.on("data", c => chunks.push(c)).on("end", () =>
			har(JSON.parse(Buffer.concat(chunks))).catch(e => {
				console.error(JSON.stringify(e.errors, null, 1)); process.exitCode = 7 }));`
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "-e", script)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = dir, bytes.NewReader(archive), time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() != 7 {
		t.Fatalf("node: %v\n%s", err, out)
	}
	return string(out)
}

// everything makes an archive of all kinds of entries.
func everything(t *testing.T, c har.Config) []byte {
	t.Helper()
	r := newRecorder(t, c)
	server := hoarder(t)
	plant(t, httpClient(t, r, again()), server.URL)
	plant(t, &http.Client{Transport: chain.New(r).Transport(telltale())}, "http://api.example.com")
	for _, nowhere := range []string{"http://127.0.0.1:1/", "/me"} {
		if _, err := call(t, httpClient(t, r), request(t, http.MethodGet, nowhere, nil)); err == nil {
			t.Error("no error")
		}
	}
	resp, err := httpClient(t, r).Do(request(t, http.MethodGet, server.URL, nil)) // not read yet
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	written(t, r)
	data, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestSchema runs the validator that tools for the format use:
//
//	npm ci --prefix .ci/har --ignore-scripts
//	CHATELAINE_HAR_VALIDATOR="$PWD/.ci/har" go test ./interceptor/har
func TestSchema(t *testing.T) {
	t.Parallel()
	dir := os.ExpandEnv("$CHATELAINE_HAR_VALIDATOR")
	if dir == "" {
		lacking(t, "CHATELAINE_HAR_VALIDATOR does not name a directory with har-validator")
	}
	if _, err := exec.LookPath("node"); err != nil {
		lacking(t, "node is not installed")
	}
	data := everything(t, har.Config{})
	for name, archive := range map[string][]byte{
		"empty": []byte(`{"log":{"version":"1.2","creator":{"name":"a","version":"1"},"entries":[]}}`), "redacted": data,
		"insecure": everything(t, har.Config{InsecureShowSecrets: true}),
	} {
		if complaint := validate(t, dir, archive); complaint != "" {
			t.Errorf("%s: %s", name, complaint)
		}
	}
	for _, change := range [][2]string{{`"headers":[`, `"headers":null,"x":[`}, {`"cache":{},`, ""}, {`"redirectURL":`, `"x":`}} {
		bad := strings.Replace(string(data), change[0], change[1], 1)
		if complaint := validate(t, dir, []byte(bad)); complaint == "" {
			t.Errorf("%s in the place of %s is valid, so the validator proves nothing", change[1], change[0])
		}
	}
}
