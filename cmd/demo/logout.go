package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func newLogout(a *app) *cobra.Command {
	var purge bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "End the session, here and at the server",
		Long: "End the session. It is removed here even when the server cannot be reached; then the server is told, if it can be.\n\n" +
			"With --purge everything of the profile is removed, its key as well, without opening it and without telling the\n" +
			"server: the way out of a forgotten passphrase.",
		Example: `  demo logout
  demo logout --profile work
  demo logout --purge`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if purge {
				return a.purge(cmd.Context())
			}
			return a.use(cmd.Context(), a.logout)
		},
	}
	cmd.Flags().BoolVar(&purge, "purge", false, "remove everything of the profile, readable or not")
	return withServer(a, cmd, false)
}

func (a *app) logout(ctx context.Context, p *profile.Profile) error {
	st, err := p.Session.Status(ctx)
	if err == nil && !st.SignedIn {
		a.say("nobody is signed in at %s", p.Server.BaseURL)
		return nil
	}
	defer a.waiting(p)()
	if err := p.Session.Logout(ctx); err != nil { // also of a session that cannot be read
		return err
	}
	a.say("signed out of %s", p.Server.BaseURL)
	return nil
}

func (a *app) purge(ctx context.Context) error {
	dir, err := a.directory()
	if err != nil {
		return err
	}
	ring := keyring.Config{Service: profile.Service, Backend: a.backend(), Dir: string(dir)}
	if err := errors.Join(keyring.Purge(ctx, ring), dir.Forget()); err != nil {
		return err
	}
	a.say("removed everything of the profile %s", a.flags.profile)
	return nil
}
