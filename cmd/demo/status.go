package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

func newStatus(a *app) *cobra.Command {
	return withServer(a, &cobra.Command{
		Use:   "status",
		Short: "Tell whether somebody is signed in, where, and what keeps the key",
		Long:  "Tell whether somebody is signed in, where, and what keeps the key. Nothing is sent. Exits with 4 if nobody is.",
		Example: `  demo status
  demo status --json
  demo status --profile work`,
		Args: arguments(),
		RunE: a.withSession(a.status),
	}, false)
}

// sessionStatus is the answer of the command, as JSON.
type sessionStatus struct {
	SignedIn    bool      `json:"signed_in"`
	Profile     string    `json:"profile"`
	Server      string    `json:"server"`
	Dialect     string    `json:"dialect"`
	Keyring     string    `json:"keyring"` // "" if there is none
	Expiry      time.Time `json:"expiry,omitzero"`
	Expired     bool      `json:"expired"`
	Refreshable bool      `json:"refreshable"`
}

func (a *app) status(ctx context.Context, p *profile.Profile) error {
	st, err := p.Session.Status(ctx)
	if err != nil {
		return err
	}
	answer := sessionStatus{
		SignedIn: st.SignedIn, Profile: a.flags.profile, Server: p.Server.BaseURL, Dialect: p.Server.Dialect,
		Expiry: st.Expiry, Expired: st.Expired, Refreshable: st.Refreshable,
	}
	if p.Store != nil {
		answer.Keyring = p.Store.Backend()
	}
	if a.flags.json {
		err = a.printJSON(answer)
	} else {
		err = a.print(a.describe(answer))
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
	text := field("signed in", a.outStyle.Mark(s.SignedIn)+" "+word) + field("profile", s.Profile) +
		field("server", s.Server+" ("+s.Dialect+")")
	if s.Keyring != "" {
		text += field("key in", s.Keyring)
	}
	if !s.SignedIn {
		return text
	}
	switch {
	case s.Expiry.IsZero():
		text += field("expires", "the server did not say")
	case s.Expired:
		text += field("expires", "it has, so the next request refreshes it")
	default:
		text += field("expires", "in "+time.Until(s.Expiry).Round(time.Second).String())
	}
	if !s.Refreshable {
		text += field("refresh", "there is no refresh token: log in again when it has expired")
	}
	return text
}
