package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A browser is a headless Chromium with one page, driven by the DevTools protocol over a pipe.
type browser struct {
	t       *testing.T
	in      io.Writer
	session string

	mu      sync.Mutex
	ids     int
	waiting map[int]chan reply
	urls    []string // of all requests that the page has made
	faults  []string // errors on the console and exceptions
}

// A reply is a message of the browser: the response to a command, or an event.
type reply struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// newBrowser starts a browser. Without Chromium the test is skipped, and fails in CI.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CHATELAINE_REQUIRE_ALL") != "" {
			t.Fatal("chromium is not installed, and CHATELAINE_REQUIRE_ALL is set")
		}
		t.Skip("chromium is not installed")
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	home := t.TempDir()
	cmd.Env = append(mustHermetic(t, home), "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	commands, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, replies, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{commands, replies} // the descriptors 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = errors.Join(commands.Close(), replies.Close())
	b := &browser{t: t, in: in, waiting: make(map[int]chan reply)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(out)
	}()
	t.Cleanup(func() {
		_, _ = in.WriteString(`{"id":1000000,"method":"Browser.close"}` + "\x00")
		_ = cmd.Wait()
		_ = errors.Join(in.Close(), out.Close())
		<-read
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Network", "Runtime", "Log", "Accessibility"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// read passes messages to those who wait for them until the browser ends.
func (b *browser) read(out io.Reader) {
	r := bufio.NewReader(out)
	for {
		data, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m reply
		if json.Unmarshal(data[:len(data)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if c := b.waiting[m.ID]; m.ID != 0 && c != nil {
			delete(b.waiting, m.ID)
			c <- m
		}
		b.note(&m)
		b.mu.Unlock()
	}
}

// note remembers requests and faults. The mutex is held.
func (b *browser) note(m *reply) {
	var p struct {
		Request struct {
			URL string `json:"url"`
		} `json:"request"`
		Entry struct {
			Level string `json:"level"`
			Text  string `json:"text"`
			URL   string `json:"url"`
		} `json:"entry"`
	}
	_ = json.Unmarshal(m.Params, &p)
	switch m.Method {
	case "Network.requestWillBeSent":
		b.urls = append(b.urls, p.Request.URL)
	case "Runtime.exceptionThrown":
		b.faults = append(b.faults, string(m.Params))
	case "Log.entryAdded":
		if p.Entry.Level == "error" {
			b.faults = append(b.faults, p.Entry.Text+" "+p.Entry.URL)
		}
	}
}

// call sends a command and waits for its result.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	done := make(chan reply, 1)
	b.mu.Lock()
	b.ids++
	message := map[string]any{"id": b.ids, "method": method, "params": params}
	if params == nil {
		message["params"] = map[string]any{}
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	b.waiting[b.ids] = done
	data, err := json.Marshal(message)
	if err == nil {
		_, err = b.in.Write(append(data, 0))
	}
	b.mu.Unlock()
	if err != nil {
		b.t.Fatal(err)
	}
	select {
	case m := <-done:
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
	case <-time.After(patience):
		b.t.Fatalf("%s: no response", method)
	}
}

// eval evaluates JavaScript, waits for a promise, and decodes the value.
func (b *browser) eval(expression string, value any) {
	b.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, r.ExceptionDetails.Exception.Description)
	}
	if value != nil {
		if err := json.Unmarshal(r.Result.Value, value); err != nil {
			b.t.Fatalf("%s: %v in %s", expression, err, r.Result.Value)
		}
	}
}

// await waits until a JavaScript condition holds.
func (b *browser) await(condition string) {
	b.t.Helper()
	var text string
	b.eval(`new Promise((done) => {
		const late = Date.now() + 15000;
		const look = () => {
			let holds = false;
			try { holds = `+condition+`; } catch { /* not there yet */ }
			if (holds) done("");
			else if (Date.now() > late) done(document.body.innerText);
			else setTimeout(look, 20);
		};
		look();
	})`, &text)
	if text != "" {
		b.t.Fatalf("not on the page: %s\n%s", condition, text)
	}
}

// open loads a page and waits for its first message.
func (b *browser) open(url string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.await(`document.body?.dataset.ready === "true"`)
}

// click clicks with the mouse, in the middle of an element, as soon as that stands still.
func (b *browser) click(selector string) {
	b.t.Helper()
	var at struct{ X, Y float64 }
	b.eval(`(async () => {
		const e = document.querySelector(`+b.quote(selector)+`);
		for (let before = ""; ;) {
			e.scrollIntoView({ block: "center", behavior: "instant" });
			const r = e.getBoundingClientRect();
			const now = [r.x, r.y, r.width, r.height].join();
			if (now === before) return { x: r.x + r.width / 2, y: r.y + r.height / 2 };
			before = now;
			await new Promise((f) => setTimeout(f, 100));
		}
	})()`, &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// press presses a key.
func (b *browser) press(key string, code int) {
	b.t.Helper()
	text := ""
	if key == "Enter" {
		text = "\r"
	}
	b.call("Input.dispatchKeyEvent", map[string]any{
		"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text,
	}, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code}, nil)
}

// fill types into a field of a form.
func (b *browser) fill(selector, value string) {
	b.t.Helper()
	b.eval(`(() => {
		const e = document.querySelector(`+b.quote(selector)+`);
		e.focus();
		e.value = `+b.quote(value)+`;
		e.dispatchEvent(new Event("input", { bubbles: true }));
	})()`, nil)
}

// look sets the size of the window and the color scheme.
func (b *browser) look(width, height int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
	}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}},
	}, nil)
}

// screenshot writes a picture to the directory CHATELAINE_SCREENSHOTS, if that is set.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("CHATELAINE_SCREENSHOTS")
	if dir == "" {
		return
	}
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), data, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// quote makes a JavaScript string.
func (b *browser) quote(s string) string {
	b.t.Helper()
	data, err := json.Marshal(s)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data)
}

// clean checks that the page sent requests to its own server only, and reported no error.
func (b *browser) clean(url string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range b.urls {
		if !strings.HasPrefix(u, url+"/") && u != "about:blank" {
			b.t.Errorf("the page asked %s", u)
		}
	}
	for _, f := range b.faults {
		b.t.Errorf("the page reports %s", f)
	}
}
