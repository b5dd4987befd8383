package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func newLogout(a *app) *cobra.Command {
	var purge, all bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "End the session, here and at the server",
		Long: "End the session. It is removed here first, and then revoked at the server, if that can be reached.\n\n" +
			"With --all the sessions of all profiles end. With --purge everything of the profile is removed, its key included,\n" +
			"without opening it and without telling the server: the way out of a forgotten passphrase.",
		Example: `  demo logout
  demo logout --profile work
  demo logout --all
  demo logout --purge`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := exclusive(cmd, "all", "profile"); err != nil {
				return err
			}
			end := a.logout
			if all {
				end = a.logoutEverywhere
			}
			run := func(ctx context.Context) error { return a.use(ctx, end) }
			if purge {
				run = a.purge
			}
			if all {
				return a.eachProfile(cmd.Context(), run)
			}
			return run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "end the sessions of all profiles")
	cmd.Flags().BoolVar(&purge, "purge", false, "remove everything of the profile, whether it can be read or not")
	return withServer(a, cmd, false)
}

// eachProfile calls fn for every profile that has had a login. One that fails does not keep the
// others.
func (a *app) eachProfile(ctx context.Context, fn func(context.Context) error) error {
	root, err := profile.Root(a.flags.dir, a.getenv)
	if err != nil {
		return &hinted{err: err, code: exitUsage, hint: "name a directory with --dir"}
	}
	names := profile.Names(root)
	if len(names) == 0 {
		a.say("not signed in anywhere")
	}
	var errs []error
	for _, name := range names {
		if ctx.Err() != nil {
			return errors.Join(append(errs, ctx.Err())...)
		}
		a.flags.profile = name
		if err := fn(ctx); err != nil {
			a.say("%s %s: %s", a.style.Red("error:"), name, message(err))
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (a *app) logout(ctx context.Context, p *profile.Profile) error {
	st, err := p.Session.Status(ctx)
	if err == nil && !st.SignedIn {
		a.say("not signed in at %s", p.Server.BaseURL)
		return nil
	}
	defer a.waiting(p)()
	if err := p.Session.Logout(ctx); err != nil { // this also ends a session that cannot be read
		return err
	}
	a.say("signed out of %s", p.Server.BaseURL)
	return nil
}

// logoutEverywhere is logout, and removes the sessions of servers that the profile was used with
// before.
func (a *app) logoutEverywhere(ctx context.Context, p *profile.Profile) error {
	err := a.logout(ctx, p)
	_, others, listErr := p.Accounts(ctx)
	err = errors.Join(err, listErr)
	for _, other := range others {
		if removeErr := p.Remove(ctx, other); removeErr != nil {
			err = errors.Join(err, removeErr)
			continue
		}
		a.say("removed the session at %s, which was not revoked there", screen.Escape(other.Name))
	}
	return err
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
	a.say("removed the profile %s", a.flags.profile)
	return nil
}
