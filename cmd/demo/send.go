package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-resty/resty/v2"
	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

// maxJSON is the longest response that --json wraps.
const maxJSON = 16 << 20

// request is what get and post send.
type request struct {
	method, path string
	body         []byte
	contentType  string
	headers      []string
	include      bool
}

func (r *request) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&r.headers, "header", "H", nil, "a `header`, 'Name: value'; repeatable")
	cmd.Flags().BoolVarP(&r.include, "include", "i", false, "print status and headers too")
}

// send sends the request and prints the response, whatever its status.
func (a *app) send(ctx context.Context, p *profile.Profile, r request) error {
	req, err := r.build(p.Client.R().SetContext(ctx).SetDoNotParseResponse(true))
	if err != nil {
		return err
	}
	done := a.waiting(p)
	resp, err := req.Execute(r.method, r.path)
	done()
	if err != nil {
		return err
	}
	body := resp.RawBody()
	defer func() { _ = body.Close() }()
	if a.flags.json {
		err = a.printWrapped(resp.RawResponse)
	} else {
		err = a.printResponse(resp.RawResponse, r.include)
	}
	if err != nil || resp.StatusCode() < http.StatusBadRequest {
		return err
	}
	unsigned, _ := p.Server.Allows(r.path)
	return &profile.StatusError{Status: resp.StatusCode(), What: r.method + " " + pathOf(r.path), Unsigned: unsigned}
}

// pathOf removes the query, which may hold a secret.
func pathOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

func (r *request) build(req *resty.Request) (*resty.Request, error) {
	for _, h := range r.headers {
		name, value, ok := strings.Cut(h, ":")
		name = http.CanonicalHeaderKey(strings.TrimSpace(name))
		if !ok || name == "" {
			return nil, &hinted{err: errors.New("a header has the form 'Name: value'"), code: exitUsage, hint: "write it like -H 'Accept: text/plain'"}
		}
		if name == "Authorization" || name == "Proxy-Authorization" || name == "Cookie" {
			return nil, &hinted{
				err: fmt.Errorf("%s holds a secret, and everyone on this machine can see arguments", name), code: exitUsage,
				hint: "log in with `demo login`; the session signs the request",
			}
		}
		req.SetHeader(name, strings.TrimSpace(value))
	}
	if r.method == http.MethodPost {
		if r.contentType == "" {
			r.contentType = contentType(r.body)
		}
		req.SetHeader("Content-Type", r.contentType).SetBody(r.body)
	}
	return req, nil
}

// printResponse copies the body to stdout. On a terminal its control characters are escaped.
func (a *app) printResponse(resp *http.Response, include bool) error {
	if include {
		if err := a.print(head(resp)); err != nil {
			return err
		}
	}
	if !screen.IsTerminal(a.out) {
		_, err := io.Copy(a.out, resp.Body)
		return err
	}
	last := &lastByte{w: a.out}
	w := screen.Escaper(last)
	n, err := io.Copy(w, resp.Body)
	err = errors.Join(err, w.Close())
	if err == nil && n > 0 && last.b != '\n' {
		err = a.print("\n")
	}
	return err
}

func head(resp *http.Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", resp.Proto, screen.Escape(resp.Status))
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		for _, value := range resp.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", screen.Escape(name), screen.Escape(value))
		}
	}
	return b.String() + "\n"
}

// wrapped is a response as JSON.
type wrapped struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   any         `json:"body"`
}

func (a *app) printWrapped(resp *http.Response) error {
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxJSON+1))
	if err != nil {
		return err
	}
	if len(data) > maxJSON {
		return &hinted{err: errors.New("the response is too long for --json"), code: exitError, hint: "run the command without --json"}
	}
	w := wrapped{Status: resp.StatusCode, Header: resp.Header, Body: string(data)}
	if json.Valid(data) {
		w.Body = json.RawMessage(bytes.TrimSpace(data))
	}
	return a.printJSON(w)
}

// lastByte remembers how the output ended.
type lastByte struct {
	w io.Writer
	b byte
}

func (l *lastByte) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.b = p[len(p)-1]
	}
	return l.w.Write(p)
}
