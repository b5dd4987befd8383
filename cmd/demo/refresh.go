package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

func newRefresh(a *app) *cobra.Command {
	return withServer(a, &cobra.Command{
		Use:   "refresh",
		Short: "Refresh the token now, whether it has expired or not",
		Long: "Refresh the token now, whether it has expired or not. Requests refresh it by themselves when needed. If several\n" +
			"processes do this at the same moment, one refreshes and the others use its token.",
		Example: `  demo refresh
  demo refresh --trace`,
		Args: arguments(),
		RunE: a.withSession(func(ctx context.Context, p *profile.Profile) error {
			done := a.waiting(p)
			t, err := p.Session.Refresh(ctx)
			done()
			if err != nil {
				return err
			}
			if a.flags.json {
				return a.printJSON(map[string]time.Time{"expiry": t.Expiry})
			}
			lifetime := ""
			if !t.Expiry.IsZero() {
				lifetime = "; the new token expires in " + time.Until(t.Expiry).Round(time.Second).String()
			}
			a.say("refreshed%s", lifetime)
			return nil
		}),
	}, false)
}
