package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/playground"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

func newServe(a *app) *cobra.Command {
	addr := "127.0.0.1:8080"
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run an identity provider and an API to play with",
		Long: "Run an identity provider and an API to play with, until Ctrl-C. It prints what it does, and shows it on a page at /\n" +
			"that has a control for everything below.\n\n" +
			"It speaks two dialects, plain REST (/auth/login, /auth/refresh, /auth/logout) and OAuth 2.0 (/oauth/token,\n" +
			"/oauth/revoke), and is an OpenID Connect provider for `demo login --issuer URL --client-id demo`. Its API is /me, /echo,\n" +
			"/status/CODE, /bytes/N and /redirect?to=URL. Every setting is a flag below. Settings can also be changed, and failures\n" +
			"be triggered, while it runs:\n\n" +
			playground.ControlHelp +
			"\nWhoever reaches these controls the server, so it listens on this machine only, and refuses pages of other sites.",
		Example: `  demo serve
  demo serve --access-ttl 10s
  demo serve --addr 127.0.0.1:0 --reuse-grace 10s --json`,
		Args: arguments(),
	}
	cmd.Flags().StringVar(&addr, "addr", addr, "`address` to listen on; port 0 is a free one")
	values := make(map[string]*string)
	for _, s := range playground.Settings() {
		usage := s.Usage
		if s.Default != "" && s.Default != "false" && s.Default != "0" && s.Default != "0s" {
			usage += " (default " + s.Default + ")"
		}
		values[s.Name] = cmd.Flags().String(s.Name, "", usage)
		if s.Bool {
			cmd.Flags().Lookup(s.Name).NoOptDefVal = "true"
		}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var config authtest.Config
		for name, v := range values {
			if cmd.Flags().Changed(name) {
				if err := playground.Set(&config, name, *v); err != nil {
					return usage(err, cmd)
				}
			}
		}
		return a.serve(cmd, addr, config)
	}
	return cmd
}

func (a *app) serve(cmd *cobra.Command, addr string, config authtest.Config) error {
	var mu sync.Mutex
	config.OnEvent = func(e authtest.Event) {
		mu.Lock()
		defer mu.Unlock()
		a.showEvent(e)
	}
	mu.Lock() // the address comes first
	server, err := playground.Start(playground.Config{Addr: addr, Provider: config, Command: a.name})
	if errors.Is(err, playground.ErrNotLocal) {
		mu.Unlock()
		return &hinted{err: err, code: exitUsage, hint: "use --addr 127.0.0.1:PORT"}
	}
	if err != nil {
		mu.Unlock()
		return &hinted{err: err, code: exitError, hint: "choose another address with --addr; 127.0.0.1:0 is a free one"}
	}
	defer server.Close()
	if a.flags.json {
		err = a.print(`{"url":"` + server.URL + "\"}\n")
	} else {
		a.say(a.style.Bold("serving on %[1]s")+" until Ctrl-C; the user is alice, the password wonderland\n"+
			"open it in a browser to watch and control it; in another terminal, try:\n"+
			"  %[2]s login --base-url %[1]s\n"+
			"  %[2]s get /me\n"+
			"  %[2]s post /_control/expire\n"+
			"  %[2]s get /me --trace          "+a.style.Dim("401, one refresh, 200")+"\n"+
			"  %[2]s post /_control/expire\n"+
			"  %[2]s storm -n 200 /me         "+a.style.Dim("200 × 401, one refresh, 200 × 200")+"\n"+
			"  %[2]s post /_control/revoke\n"+
			"  %[2]s get /me                  "+a.style.Dim("login required, exit code 4")+"\n", server.URL, a.name)
	}
	mu.Unlock()
	if err != nil {
		return err
	}
	<-cmd.Context().Done()
	return nil
}

// servedEvent is a line of serve, as JSON.
type servedEvent struct {
	Time    time.Time          `json:"time"`
	Kind    authtest.EventKind `json:"kind"`
	User    string             `json:"user,omitempty"`
	Session string             `json:"session,omitempty"`
	Method  string             `json:"method,omitempty"`
	Path    string             `json:"path,omitempty"`
	Status  int                `json:"status,omitempty"`
	Note    string             `json:"note,omitempty"`
}

// showEvent prints what the server has done. The path and the user are what a client sent, so their
// control characters are escaped. If the output cannot be written, the server continues.
func (a *app) showEvent(e authtest.Event) {
	if a.flags.json {
		line, err := json.Marshal(servedEvent(e))
		if err == nil {
			_, _ = fmt.Fprintf(a.out, "%s\n", screen.EscapeJSON(line))
		}
		return
	}
	_, _ = fmt.Fprintf(a.out, "%s %s\n", a.outStyle.Dim(e.Time.Format(time.TimeOnly)), a.colorEvent(e))
}

func (a *app) colorEvent(e authtest.Event) string {
	s, text := a.outStyle, screen.Escape(e.String())
	switch e.Kind {
	case authtest.EventDeny, authtest.EventExpire:
		return s.Yellow(text)
	case authtest.EventRefresh, authtest.EventRotate:
		return s.Magenta(text)
	case authtest.EventReuse, authtest.EventRefuse, authtest.EventRevoke, authtest.EventFail, authtest.EventDrop, authtest.EventForeign:
		return s.Red(text)
	case authtest.EventLogin, authtest.EventIssue:
		return s.Blue(text)
	default:
		return text
	}
}
