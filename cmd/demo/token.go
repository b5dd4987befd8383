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
		Short: "Print a valid access token",
		Long: "Print a valid access token, which is refreshed first if it has expired. It is a secret: pipe it to a program instead\n" +
			"of showing it on a screen. The refresh token is never printed.",
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
	cmd.Flags().BoolVar(&header, "header", false, "print it as an Authorization header")
	return withServer(a, cmd, false)
}

// printedToken is the only place where a token is printed, because the user asked for it.
type printedToken struct {
	AccessToken string    `json:"access_token"`
	TokenType   string    `json:"token_type"`
	Expiry      time.Time `json:"expiry,omitzero"`
}
