package har_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/interceptor/har"
)

// browser is a Chromium without a window, controlled by the DevTools protocol over two pipes.
type browser struct {
	commands io.Writer
	answers  *bufio.Reader
	id       int
}

func startBrowser(t *testing.T, path string) *browser {
	t.Helper()
	theirCommands, commands, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, theirAnswers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
		"--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles, cmd.WaitDelay = []*os.File{theirCommands, theirAnswers}, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirCommands.Close()
	theirAnswers.Close()
	b := &browser{commands: commands, answers: bufio.NewReader(answers)}
	t.Cleanup(func() {
		b.do("", "Browser.close", nil)
		commands.Close()
		cmd.Wait()
		answers.Close()
	})
	return b
}

type message struct {
	ID        int            `json:"id"`
	Session   string         `json:"sessionId,omitempty"`
	Method    string         `json:"method,omitempty"`
	Params    map[string]any `json:"params,omitempty"`
	Result    map[string]any `json:"result,omitempty"`
	ErrorInfo any            `json:"error,omitempty"`
}

// do sends a command and waits for its response.
func (b *browser) do(session, method string, params map[string]any) (map[string]any, error) {
	b.id++
	data, err := json.Marshal(message{ID: b.id, Session: session, Method: method, Params: params})
	if err != nil {
		return nil, err
	}
	if _, err := b.commands.Write(append(data, 0)); err != nil {
		return nil, err
	}
	for {
		data, err := b.answers.ReadBytes(0)
		if err != nil {
			return nil, err
		}
		var m message
		if err := json.Unmarshal(data[:len(data)-1], &m); err != nil {
			return nil, err
		}
		if m.ID != b.id { // an event
			continue
		}
		if m.ErrorInfo != nil {
			return nil, fmt.Errorf("%s: %v", method, m.ErrorInfo)
		}
		return m.Result, nil
	}
}

// loadInDevTools does what dropping the file on the network panel does, and returns the text of the
// rows.
const loadInDevTools = `(async archive => {
	const load = path => import("devtools://devtools/bundled/" + path);
	const {ViewManager} = await load("ui/legacy/legacy.js");
	await ViewManager.ViewManager.instance().showView("network");
	const view = (await load("panels/network/network.js")).NetworkPanel.NetworkPanel.instance().networkLogView;
	await view.onLoadFromFile(new File([archive], "x.har", {type: "application/json"}));
	const rows = root => [...root.querySelectorAll("*")].flatMap(e => [
		...(e.matches("tr.data-grid-data-grid-node") ? [e.innerText.replace(/\s+/g, " ")] : []), ...(e.shadowRoot ? rows(e.shadowRoot) : [])]);
	for (let i = 0; i < 20; i++) {
		const found = rows(document).filter(r => r.includes("fetch"));
		if (found.length) return found.join("\n");
		await new Promise(done => setTimeout(done, 50));
	}
	return "no rows";
})`

// TestDevTools opens an archive in the network panel of Chromium's DevTools. It uses their
// internals, which any version may rename, so it runs only on request:
//
//	CHATELAINE_CHROMIUM=/usr/bin/chromium go test ./interceptor/har
func TestDevTools(t *testing.T) {
	t.Parallel()
	path := os.ExpandEnv("$CHATELAINE_CHROMIUM")
	if path == "" {
		t.Skip("CHATELAINE_CHROMIUM does not name a Chromium")
	}
	server := flaky(t, 1, 503)
	r := newRecorder(t, har.Config{})
	if _, err := restyClient(t, r, again()).R().SetBody(map[string]int{"status": 1}).Put(server.URL + "/things"); err != nil {
		t.Fatal(err)
	}
	written(t, r)
	data, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	b := startBrowser(t, path)
	target, err := b.do("", "Target.createTarget", map[string]any{"url": "devtools://devtools/bundled/devtools_app.html"})
	if err != nil {
		t.Fatal(err)
	}
	attached, err := b.do("", "Target.attachToTarget", map[string]any{"targetId": target["targetId"], "flatten": true})
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(string(data))
	if err != nil {
		t.Fatal(err)
	}
	var rows string
	for range 100 { // until the page is there
		result, err := b.do(fmt.Sprint(attached["sessionId"]), "Runtime.evaluate", map[string]any{
			"expression": loadInDevTools + "(" + string(quoted) + ")", "awaitPromise": true, "returnByValue": true,
		})
		if err != nil {
			t.Fatal(err)
		}
		value, _ := result["result"].(map[string]any)
		if rows, _ = value["value"].(string); strings.Contains(rows, "fetch") {
			break
		}
		rows = fmt.Sprint(result)
		<-time.After(100 * time.Millisecond)
	}
	t.Log(rows)
	lines := strings.Split(rows, "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "things 503 fetch") || !strings.HasPrefix(lines[1], "things 200 fetch") {
		t.Error("the panel does not show the two attempts")
	}
}
