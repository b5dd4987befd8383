package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

func newToken(a *app) *cobra.Command {
	var header bool
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print an access token that can be used now",
		Long: "Print an access token that can be used now, refreshed before if it has expired. It is a secret: give it to a program,\n" +
			"not to a screen. The refresh token is never printed.",
		Example: `  curl -H @<(demo token --header) http://127.0.0.1:8080/me
  demo token --json`,
		Args: arguments(),
		RunE: a.withSession(func(ctx context.Context, p *profile.Profile) error {
			done := a.waiting(p)
			t, err := p.Session.Token(ctx)
			done()
			if err != nil {
				return err
			}
			kind := t.OAuth2().Type()
			switch {
			case a.flags.json:
				return a.printJSON(printedToken{AccessToken: t.AccessToken, TokenType: kind, Expiry: t.Expiry})
			case header:
				return a.print("Authorization: " + kind + " " + t.AccessToken + "\n")
			default:
				return a.print(t.AccessToken + "\n")
			}
		}),
	}
	cmd.Flags().BoolVar(&header, "header", false, "print it as a header")
	return withServer(a, cmd, false)
}

// printedToken is the one place where a token is printed, because somebody asked for it.
type printedToken struct {
	AccessToken string    `json:"access_token"`
	TokenType   string    `json:"token_type"`
	Expiry      time.Time `json:"expiry,omitzero"`
}
