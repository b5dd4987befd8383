package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

// atProvider signs in at a provider with a login page.
func (a *app) atProvider(l loginFlags, server profile.Server) (beginning, error) {
	flow := profile.Flow{Device: l.device, NoBrowser: l.noBrowser, Output: a.err, Show: a.showCode}
	if !a.flags.noInput && (l.noBrowser || screen.IsTerminal(a.in)) {
		flow.Paste = a.paster()
	}
	if err := server.CheckFlow(flow); err != nil {
		hint := "register a client at the provider, and name it with --client-id"
		if server.ClientID != "" {
			hint = "name the provider with --issuer, or its endpoints with --authorization-url, --device-url and --token-url"
		}
		return nil, &hinted{err: err, code: exitUsage, hint: hint}
	}
	return func(ctx context.Context, p *profile.Profile) error { return p.LoginAt(ctx, flow) }, nil
}

// showCode tells the user where to sign in on another device.
func (a *app) showCode(_ context.Context, prompt login.DevicePrompt) error {
	a.say("To sign in, open this address on any device:\n\n  %s\n\nand enter the code %s", prompt.URL, a.style.Bold(prompt.UserCode))
	if prompt.CompleteURL != "" {
		a.say("(or open %s)", prompt.CompleteURL)
	}
	if left := time.Until(prompt.Expiry).Round(time.Minute); left > 0 {
		a.say("The code is valid for %d minutes. Waiting …", int(left.Minutes()))
	}
	return nil
}

// paster returns a function that reads a line of stdin, which the user pastes. The function returns
// when its context ends; the read itself cannot be ended and serves the next call.
func (a *app) paster() func(context.Context) (string, error) {
	type line struct {
		text string
		err  error
	}
	lines := make(chan line)
	asked := make(chan struct{}, 1)
	in := bufio.NewReader(io.LimitReader(a.in, maxSecret))
	go func() {
		for range asked {
			text, err := in.ReadString('\n')
			if text != "" {
				err = nil
			}
			lines <- line{strings.TrimSpace(text), err}
		}
	}()
	return func(ctx context.Context) (string, error) {
		select {
		case asked <- struct{}{}:
		default: // an earlier read is still waiting
		}
		select {
		case l := <-lines:
			if l.err == nil && l.text == "" {
				l.err = errors.New("nothing was pasted")
			}
			return l.text, l.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}
