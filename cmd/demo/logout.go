package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newLogout(env environment, f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "End the session, here and at the server",
		Long:  "End the session. It is removed here even when the server cannot be reached; then the server is told, if it can be.",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := f.open(cmd.Context())
			if err != nil {
				return err
			}
			err = p.session.Logout(cmd.Context())
			if err == nil {
				_, _ = fmt.Fprintln(env.stderr, "signed out")
			}
			return errors.Join(err, p.close(cmd.Context()))
		},
	}
}
