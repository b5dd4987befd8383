package idp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// browser is a browser whose user signs in as alice and agrees to everything.
type browser struct{ client *http.Client }

func newBrowser() *browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &browser{client: &http.Client{
		Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true},
	}}
}

var (
	formTag  = regexp.MustCompile(`(?is)<form[^>]*>.*?</form>`)
	inputTag = regexp.MustCompile(`(?is)<(?:input|button)[^>]*>`)
	attr     = regexp.MustCompile(`(?is)\b(name|value|action)="([^"]*)"`)
)

// attributes returns the attributes of a tag.
func attributes(tag string) map[string]string {
	m := make(map[string]string)
	for _, a := range attr.FindAllStringSubmatch(tag, -1) {
		m[strings.ToLower(a[1])] = html.UnescapeString(a[2])
	}
	return m
}

// sign opens an address, fills in the forms that come and returns when a page has none.
func (b *browser) sign(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	for range 8 {
		resp, err := b.client.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		_ = resp.Body.Close()
		if err != nil {
			return err
		}
		page := string(body)
		form := formTag.FindString(page)
		if form == "" || !strings.Contains(form, "method=\"post\"") {
			if resp.StatusCode >= 400 {
				return fmt.Errorf("the browser ended at %s with status %d: %.300s", resp.Request.URL.Path, resp.StatusCode, page)
			}
			return nil
		}
		if req, err = fill(ctx, resp.Request.URL, form); err != nil {
			return err
		}
	}
	return errors.New("the browser is led in circles")
}

// fill sends a form as alice would.
func fill(ctx context.Context, page *url.URL, form string) (*http.Request, error) {
	target, err := page.Parse(attributes(form[:strings.Index(form, ">")])["action"])
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	for _, tag := range inputTag.FindAllString(form, -1) {
		a := attributes(tag)
		switch a["name"] {
		case "", "abort":
		case "login":
			values.Set("login", "alice")
		case "password":
			values.Set("password", "wonderland")
		default:
			values.Set(a["name"], a["value"])
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req, nil
}

// consent is the login and consent app that Hydra redirects to.
func consent(admin string) http.Handler {
	accept := func(w http.ResponseWriter, r *http.Request, kind string, body map[string]any) {
		challenge := r.URL.Query().Get(kind + "_challenge")
		data, err := json.Marshal(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		target := admin + "/oauth2/auth/requests/" + kind + "/accept?" + kind + "_challenge=" + url.QueryEscape(challenge)
		req, err := http.NewRequestWithContext(r.Context(), http.MethodPut, target, bytes.NewReader(data))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		var next struct {
			To string `json:"redirect_to"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&next); err != nil || next.To == "" {
			http.Error(w, "hydra did not accept the "+kind, http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, next.To, http.StatusFound)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, "login", map[string]any{"subject": "alice"})
	})
	mux.HandleFunc("/consent", func(w http.ResponseWriter, r *http.Request) {
		accept(w, r, "consent", map[string]any{"grant_scope": []string{"openid", "offline_access"}})
	})
	return mux
}
