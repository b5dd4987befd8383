package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/auth"
)

func newStatus(env environment, f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Tell whether somebody is signed in, and where the session is",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := f.open(cmd.Context())
			if err != nil {
				return err
			}
			return errors.Join(p.status(cmd, env), p.close(cmd.Context()))
		},
	}
}

// sessionStatus is the answer of the command, as JSON.
type sessionStatus struct {
	SignedIn bool      `json:"signed_in"`
	Profile  string    `json:"profile"`
	Server   string    `json:"server"`
	Keyring  string    `json:"keyring"`
	Expiry   time.Time `json:"expiry,omitzero"`
	Expired  bool      `json:"expired"`
}

func (p *profile) status(cmd *cobra.Command, env environment) error {
	st, err := p.session.Status(cmd.Context())
	if err != nil {
		return err
	}
	answer := sessionStatus{
		SignedIn: st.SignedIn, Profile: p.profile, Server: p.session.BaseURL(), Keyring: p.store.Backend(),
		Expiry: st.Expiry, Expired: st.Expired,
	}
	if err := answer.print(env.stdout, p.json); err != nil || st.SignedIn {
		return err
	}
	return &auth.LoginRequiredError{Reason: st.Reason}
}

func (s sessionStatus) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(s)
	}
	word := "no"
	if s.SignedIn {
		word = "yes"
	}
	text := fmt.Sprintf("signed in  %s\nprofile    %s\nserver     %s\nkey in     %s\n", word, s.Profile, s.Server, s.Keyring)
	if !s.Expiry.IsZero() {
		text += "expires    " + s.Expiry.Format(time.RFC3339)
		if s.Expired {
			text += ", so it is refreshed at the next request"
		}
		text += "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}
