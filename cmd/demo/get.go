package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

func newGet(a *app) *cobra.Command {
	r := request{method: http.MethodGet}
	cmd := &cobra.Command{
		Use:   "get PATH",
		Short: "Send a GET with the session, and print the response",
		Long: "Send a GET with the session, and print the response. If the token has expired it is refreshed first. Without a\n" +
			"session the request is sent without a token.",
		Example: `  demo get /me
  demo get /me --trace
  demo get /bytes/1000000 > file
  demo get '/echo?q=1' --json`,
		Args: arguments("PATH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.path = args[0]
			return a.use(cmd.Context(), func(ctx context.Context, p *profile.Profile) error { return a.send(ctx, p, r) })
		},
	}
	r.register(cmd)
	return withServer(a, cmd, false)
}
