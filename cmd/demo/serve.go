package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func newServe(env environment, f *flags) *cobra.Command {
	config := authtest.Config{Addr: "127.0.0.1:8080", Control: true}
	values := make(map[string]*string)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run an identity provider and API to play with",
		Long: "Run an identity provider and API to play with. Its control endpoints are open to everyone who can reach it, so it\n" +
			"listens on this machine only.",
		Example: `  demo serve --access-ttl 10s
  curl -X POST http://127.0.0.1:8080/_control/expire`,
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for name, v := range values {
				if cmd.Flags().Changed(name) {
					if err := config.Set(name, *v); err != nil {
						return usage(err)
					}
				}
			}
			if !f.json {
				config.OnEvent = func(e authtest.Event) { _, _ = fmt.Fprintln(env.stdout, e) }
			}
			server, err := authtest.Start(config)
			if err != nil {
				return err
			}
			defer server.Close()
			_, _ = fmt.Fprintf(env.stderr, serveHelp, server.URL)
			<-cmd.Context().Done()
			return nil
		},
	}
	cmd.Flags().StringVar(&config.Addr, "addr", config.Addr, "address to listen on")
	for _, s := range authtest.Settings() {
		usage := s.Usage
		if s.Default != "" {
			usage += " (default " + s.Default + ")"
		}
		values[s.Name] = cmd.Flags().String(s.Name, "", usage)
		if s.Bool {
			cmd.Flags().Lookup(s.Name).NoOptDefVal = "true"
		}
	}
	return cmd
}

const serveHelp = `serving on %[1]s, until Ctrl-C; the user is alice, her password wonderland
try, in another terminal:
  demo login --base-url %[1]s --user alice
  demo get /me
  curl -X POST %[1]s/_control/expire      then get again: 401, refresh, 200
  curl -X POST %[1]s/_control/revoke      then get again: logged out
`
