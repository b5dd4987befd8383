package main

import (
	"context"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// served is a lab whose demo talks to a `demo serve`, and a browser that shows its page.
func served(t *testing.T, args ...string) (l *lab, b *browser, url string) {
	t.Helper()
	b = newBrowser(t)
	l = newLab(t, authtest.Config{})
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "demo", append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	cmd.Env = l.env
	words := newWatch()
	cmd.Stderr = words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = interrupt(cmd.Process)
		if code := codeOf(t, cmd.Wait()); code != exitOK {
			t.Errorf("demo serve: exit code %d", code)
		}
	})
	_, rest, _ := strings.Cut(words.await(t, "\n"), "serving on ")
	url = strings.Fields(rest)[0]
	b.look(1280, 900, "light")
	b.open(url + "/")
	return l, b, url
}

// login signs in at the served server.
func (l *lab) login(t *testing.T, url string, args ...string) {
	t.Helper()
	cmd := l.demo(t, append([]string{"login", "--password-stdin", "--base-url", url}, args...)...)
	cmd.Stdin = strings.NewReader(authtest.DefaultPassword + "\n")
	l.want(t, exitOK, cmd)
}

// kinds are those of the rows on the page, from the oldest to the newest.
func (b *browser) kinds() []string {
	b.t.Helper()
	var kinds []string
	b.eval(`[...document.querySelectorAll(".burst")].reverse().flatMap((t) => [...t.tBodies[0].rows].map((r) => r.dataset.kind))`, &kinds)
	return kinds
}

// TestPage: a click expires the token, and the next request is seen with its one refresh.
func TestPage(t *testing.T) {
	t.Parallel()
	l, b, url := served(t)
	b.await(`document.querySelector("#next-commands code").textContent.includes("login --base-url ` + url + `")`)
	l.login(t, url)
	b.await(`document.querySelector("[data-session=s1].valid")`)
	b.click("[data-post=expire]")
	b.await(`document.querySelector("[data-session=s1].expired")`)
	b.await(`document.querySelector("#next-commands code").textContent.includes("get /me --trace")`)
	l.want(t, exitOK, l.demo(t, "get", "/me"))
	b.await(`document.querySelector("tr.k-replay")`)
	got := slices.DeleteFunc(b.kinds(), func(kind string) bool { return kind == "other" }) // the discovery of the login
	if want := []string{"login", "control", "rejected", "refresh", "replay"}; !slices.Equal(got, want) {
		t.Errorf("the timeline shows %q, want %q", got, want)
	}
	b.await(`document.querySelector("[data-stat=rotations]").textContent === "1"`)
	b.await(`document.querySelector("[data-session=s1].valid .small").textContent === "refreshed once"`)
	b.await(`document.querySelector("#announce").textContent.includes("sent again")`)
	b.clean(url)
}

// TestPage_provider: a login at the provider is shown step by step.
func TestPage_provider(t *testing.T) {
	t.Parallel()
	l, b, url := served(t)
	b.await(`document.querySelectorAll("#next-commands code")[1].textContent.includes("--issuer ` + url + ` --client-id demo")`)
	cmd := l.demo(t, "login", "--issuer", url, "--client-id", "demo")
	cmd.Env = append(cmd.Env, "DISPLAY=:0")
	l.want(t, exitOK, cmd)
	b.await(`document.querySelector("tr.k-login .request code").textContent === "/oauth/token"`)
	var remarks []string
	b.eval(`[...document.querySelectorAll(".burst")].reverse().flatMap((t) =>
		[...t.querySelectorAll("tr[data-kind] .remark")].map((e) => e.textContent))`, &remarks)
	if want := []string{"discovery", "login page", "login"}; !slices.Equal(remarks, want) {
		t.Errorf("the timeline shows %q, want %q", remarks, want)
	}
	b.clean(url)
}

// TestPage_controls: every control does what it says, and the page shows that it is armed.
func TestPage_controls(t *testing.T) {
	t.Parallel()
	l, b, url := served(t)
	l.login(t, url)
	b.await(`document.querySelector("[data-session=s1].valid")`)

	b.fill("[data-form=fail] [name=n]", "1")
	b.fill("[data-form=fail] [name=status]", "429")
	b.fill("[data-form=fail] [name=retry-after]", "0")
	b.click("[data-form=fail] button")
	b.await(`document.querySelector("[data-armed=fail]").textContent === "refreshes: 1 to go"`)
	l.want(t, exitNetwork, l.demo(t, "refresh"))
	b.await(`document.querySelector("tr.k-failed .status").textContent === "429"`)
	b.await(`document.querySelector("[data-armed=fail]").textContent === ""`)

	b.eval(`document.querySelector("[data-form=fail] [name=target]").value = "api"`, nil)
	b.click("[data-form=fail] button")
	b.await(`document.querySelector("[data-armed=fail]").textContent === "API calls: 1 to go"`)
	b.click("[data-clear=fail]")
	b.await(`document.querySelector("[data-armed=fail]").textContent === ""`)

	b.fill("[data-form=delay] [name=ms]", "50")
	b.click("[data-form=delay] button")
	b.await(`document.querySelector("[data-armed=delay]").textContent === "50 ms"`)
	b.click("#hold")
	b.await(`document.querySelector("#hold").getAttribute("aria-pressed") === "true"`)
	held := l.demo(t, "refresh")
	if err := held.Start(); err != nil {
		t.Fatal(err)
	}
	b.await(`document.querySelector("tr.k-pending .remark").textContent === "waiting"`)
	b.click("#hold")
	if err := held.Wait(); err != nil {
		t.Errorf("released: %v", err)
	}
	b.await(`document.querySelector("tr.k-refresh") && !document.querySelector("tr.k-pending")`)

	// Without the response, the client has only the old token, whose second use is a reuse.
	b.click("[data-form=drop] button")
	b.await(`document.querySelector("[data-armed=drop]").textContent === "1 to go"`)
	l.want(t, exitNetwork, l.demo(t, "refresh"))
	b.await(`document.querySelector("tr.k-dropped .status").textContent === "—"`)
	l.want(t, exitLogin, l.demo(t, "refresh"))
	b.await(`document.querySelector("tr.k-reuse .remark").textContent === "refresh token reused"`)
	b.await(`document.querySelector("[data-session=s1].ended .token").textContent === "refresh token reused"`)
	b.await(`document.querySelector("[data-stat=reuses].any").textContent === "1"`)
	b.await(`getComputedStyle(document.querySelector("tr.k-reuse .remark")).color === "rgb(196, 40, 28)"`)

	// With a grace period it is none.
	b.fill("[aria-labelledby=grace-title] [name=reuse-grace]", "1m")
	b.click("[aria-labelledby=grace-title] button")
	b.await(`document.querySelector("[aria-labelledby=grace-title] [name=reuse-grace]").value === "1m0s"`)
	l.login(t, url)
	b.click("[data-form=drop] button")
	b.await(`document.querySelector("[data-armed=drop]").textContent === "1 to go"`)
	l.want(t, exitNetwork, l.demo(t, "refresh"))
	l.want(t, exitOK, l.demo(t, "refresh"))
	b.await(`document.querySelector("[data-session=s2].valid")`)

	b.click("[data-post=nonce]")
	b.await(`document.querySelector("#bursts").textContent.includes("DPoP proofs need a new nonce")`)
	b.click("[aria-labelledby=dpop-title] [name=dpop]")
	b.click("[aria-labelledby=dpop-title] button")
	b.await(`document.querySelector("details [name=dpop]").value === "required"`)
	b.click("[aria-labelledby=dpop-title] [name=dpop]")
	b.click("[aria-labelledby=dpop-title] button")
	b.await(`document.querySelector("details [name=dpop]").value === ""`)

	b.click("[data-post=revoke]")
	b.await(`document.querySelector("[data-session=s2].ended .token").textContent === "revoked"`)
	b.await(`document.querySelector("#next-text").textContent.includes("has ended")`)

	// What the server refuses is said, and the next success takes it back.
	b.fill("[aria-labelledby=grace-title] [name=reuse-grace]", "soon")
	b.click("[aria-labelledby=grace-title] button")
	b.await(`document.querySelector("#problem").textContent.includes("is not a duration")`)
	b.fill("[aria-labelledby=grace-title] [name=reuse-grace]", "0s")
	b.click("[aria-labelledby=grace-title] button")
	b.await(`document.querySelector("#problem").hidden`)
	b.click("#clear")
	b.await(`document.querySelectorAll("tr[data-kind]").length === 0`)
	b.mu.Lock()
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, "400 (Bad Request)") })
	b.mu.Unlock()
	b.clean(url)
}

// TestPage_settings: every setting can be changed, and shows its value.
func TestPage_settings(t *testing.T) {
	t.Parallel()
	_, b, url := served(t, "--access-ttl", "1h")
	b.click("summary")
	b.await(`document.querySelector("details [name=access-ttl]").value === "1h0m0s"`)
	b.fill("details [name=access-ttl]", "10s")
	b.click("details [name=opaque-tokens]")
	b.click("details [data-form=set] button")
	b.await(`document.querySelector("details [data-saved]").textContent === "applied"`)
	b.await(`document.querySelector("details [name=opaque-tokens]").checked`)
	var settings struct {
		TTL    string `json:"access-ttl"`
		Opaque string `json:"opaque-tokens"`
	}
	b.eval(`fetch("/_control/settings").then((r) => r.json())`, &settings)
	if settings.TTL != "10s" || settings.Opaque != "true" {
		t.Errorf("%+v", settings)
	}
	b.clean(url)
}

// TestPage_keyboard: every control can be reached by Tab and has a name, and Enter presses it.
func TestPage_keyboard(t *testing.T) {
	t.Parallel()
	l, b, url := served(t)
	l.login(t, url)
	b.await(`document.querySelector("[data-session=s1]")`)
	var controls []string
	b.eval(`[...document.querySelectorAll("a[href], button, input, select, summary")].filter((e) => e.checkVisibility()).map((e, i) => {
		e.dataset.n = i;
		return e.outerHTML;
	})`, &controls)
	reached := make(map[string]bool)
	expired := false
	for range len(controls) + 2 {
		b.press("Tab", 9)
		var at struct{ N, Post, Focus string }
		b.eval(`(() => {
			const e = document.activeElement;
			return { n: e.dataset.n ?? "", post: e.dataset.post ?? "", focus: getComputedStyle(e).outlineStyle };
		})()`, &at)
		if at.N != "" && at.Focus == "none" {
			t.Errorf("no focus ring on %s", at.N)
		}
		if reached[at.N] = true; at.Post == "expire" && !expired {
			expired = true
			b.press("Enter", 13)
			b.await(`document.querySelector("[data-session=s1].expired")`)
		}
	}
	if !expired {
		t.Error("the button to expire tokens cannot be reached")
	}
	if len(reached) < len(controls) || len(controls) < 20 {
		t.Errorf("%d of %d controls can be reached by Tab", len(reached), len(controls))
	}
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value any }
		}
	}
	b.call("Accessibility.getFullAXTree", nil, &tree)
	roles := make(map[any]int)
	for _, n := range tree.Nodes {
		roles[n.Role.Value]++
		switch n.Role.Value {
		case "button", "textbox", "spinbutton", "combobox", "checkbox", "link", "form", "region", "table":
			if name, _ := n.Name.Value.(string); !n.Ignored && strings.TrimSpace(name) == "" {
				t.Errorf("a %v has no name", n.Role.Value)
			}
		}
	}
	if roles["region"] < 4 || roles["heading"] < 5 || roles["status"] < 1 {
		t.Errorf("the roles of the page: %v", roles)
	}
	b.clean(url)
}

// TestPage_looks: nothing is wider than the window, in light and dark, on narrow and wide screens.
func TestPage_looks(t *testing.T) {
	t.Parallel()
	l, b, url := served(t)
	l.login(t, url)
	b.await(`document.querySelector("[data-session=s1].valid")`)
	b.fill("[data-form=delay] [name=ms]", "60") // so that the bars have something to show
	b.click("[data-form=delay] button")
	b.await(`document.querySelector("[data-armed=delay]").textContent === "60 ms"`)
	b.click("#clear")
	b.click("[data-post=expire]")
	b.await(`document.querySelector("[data-session=s1].expired")`)
	l.want(t, exitOK, l.demo(t, "get", "/me"))
	b.await(`document.querySelector("tr.k-replay")`)
	b.click("[data-post=expire]")
	b.await(`document.querySelector("[data-session=s1].expired")`)
	l.want(t, exitOK, l.demo(t, "storm", "-n", "200", "/me"))
	b.await(`document.querySelector("tr.k-replay .times")`)
	b.click("[data-form=drop] button")
	b.await(`document.querySelector("[data-armed=drop]").textContent === "1 to go"`)
	l.want(t, exitNetwork, l.demo(t, "refresh"))
	l.want(t, exitLogin, l.demo(t, "refresh"))
	b.await(`document.querySelector("tr.k-reuse")`)
	l.login(t, url, "--profile", "work")
	b.await(`document.querySelector("[data-session=s2].valid")`)
	b.eval(`document.activeElement.blur()`, nil)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{390, 820, 1280} {
			b.look(width, 900, scheme)
			b.eval(`scrollTo(0, 0)`, nil)
			var wide bool
			b.eval(`document.documentElement.scrollWidth > innerWidth`, &wide)
			if wide {
				t.Errorf("at %d pixels the page is wider than the window", width)
			}
			b.screenshot("page-" + scheme + "-" + strconv.Itoa(width))
		}
	}
	b.clean(url)
}
