package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

func newStatus(a *app) *cobra.Command {
	return withServer(a, &cobra.Command{
		Use:   "status",
		Short: "Show whether you are signed in, where, and which keyring holds the key",
		Long:  "Show whether you are signed in, where, and which keyring holds the key. Nothing is sent. Exits with 4 if you are not.",
		Example: `  demo status
  demo status --json
  demo status --profile work`,
		Args: arguments(),
		RunE: a.withSession(a.status),
	}, false)
}

// sessionStatus is the output of the command, as JSON.
type sessionStatus struct {
	SignedIn    bool      `json:"signed_in"`
	Profile     string    `json:"profile"`
	User        string    `json:"user,omitempty"` // as the token names it
	Server      string    `json:"server"`
	Dialect     string    `json:"dialect"`
	Keyring     string    `json:"keyring"` // "" if there is none
	Expiry      time.Time `json:"expiry,omitzero"`
	Expired     bool      `json:"expired"`
	Refreshable bool      `json:"refreshable"`
	Others      []string  `json:"other_profiles,omitempty"`
}

func (a *app) status(ctx context.Context, p *profile.Profile) error {
	st, err := p.Session.Status(ctx)
	if err != nil {
		return err
	}
	shown := sessionStatus{
		SignedIn: st.SignedIn, Profile: a.flags.profile, Server: p.Server.BaseURL, Dialect: p.Server.Dialect,
		Expiry: st.Expiry, Expired: st.Expired, Refreshable: st.Refreshable,
	}
	if root, err := profile.Root(a.flags.dir, a.getenv); err == nil {
		shown.Others = slices.DeleteFunc(profile.Names(root), func(name string) bool { return name == a.flags.profile })
	}
	if own, _, err := p.Accounts(ctx); err == nil && own != nil && st.SignedIn {
		shown.User = own.Subject
	}
	if p.Store != nil {
		shown.Keyring = p.Store.Backend()
	}
	if a.flags.json {
		err = a.printJSON(shown)
	} else {
		err = a.print(a.describe(shown))
	}
	if err != nil || st.SignedIn {
		return err
	}
	return &auth.LoginRequiredError{Reason: st.Reason}
}

func (a *app) describe(s sessionStatus) string {
	word := "no"
	if s.SignedIn {
		word = "yes"
	}
	text := field("signed in", a.outStyle.Mark(s.SignedIn)+" "+word) + field("profile", s.Profile)
	if s.User != "" {
		text += field("user", screen.Escape(s.User))
	}
	text += field("server", s.Server+" ("+s.Dialect+")")
	if len(s.Others) > 0 {
		text += field("others", strings.Join(s.Others, ", "))
	}
	if s.Keyring != "" {
		text += field("key in", s.Keyring)
	}
	if !s.SignedIn {
		return text
	}
	switch {
	case s.Expiry.IsZero():
		text += field("expires", "unknown; the server did not say")
	case s.Expired:
		text += field("expires", "expired; the next request refreshes it")
	default:
		text += field("expires", "in "+time.Until(s.Expiry).Round(time.Second).String())
	}
	if !s.Refreshable {
		text += field("refresh", "no refresh token: sign in again when it has expired")
	}
	return text
}
