package main

import (
	"github.com/spf13/cobra"
)

// flags are those of all commands.
type flags struct {
	baseURL        string
	backend        string
	dir            string
	profile        string
	passphraseFile string
	json           bool
}

// newRoot returns the command line.
//
// The rules for what it prints: data goes to stdout, words to stderr. Every error has a hint. Secrets are read from a terminal,
// a file or stdin, and never appear in arguments or output.
func newRoot(env environment) *cobra.Command {
	f := new(flags)
	root := &cobra.Command{
		Use:   "demo",
		Short: "Show and try out Chatelaine",
		Long: "Show and try out Chatelaine: one session, shared by many requests and processes, refreshed once, stored encrypted.\n\n" +
			exitCodes,
		Example: `  demo tour                 every promise, shown and checked
  demo serve                a server to play with, on 127.0.0.1:8080
  demo login --user alice   the password is asked for
  demo get /me`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	p := root.PersistentFlags()
	p.StringVar(&f.baseURL, "base-url", "", "server to talk to (default: that of the login, else "+defaultBaseURL+")")
	p.StringVar(&f.backend, "backend", "file", "what keeps the key of the session: file, secret-service, keychain, wincred, kwallet, pass")
	p.StringVar(&f.dir, "dir", "", "directory for the session (default: in the user's state directory)")
	p.StringVar(&f.profile, "profile", "default", "which of several sessions")
	p.StringVar(&f.passphraseFile, "passphrase-file", env.getenv("CHATELAINE_PASSPHRASE_FILE"),
		"file with the passphrase of the file backend (default: one made for the demo)")
	p.BoolVar(&f.json, "json", false, "print JSON")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(
		newTour(env, f), newServe(env, f), newLogin(env, f), newGet(env, f), newStatus(env, f), newLogout(env, f),
		newDoctor(env, f), newSaver(env, f),
	)
	return root
}

// exactArgs is cobra.ExactArgs with an error of ours.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := cobra.ExactArgs(n)(cmd, args); err != nil {
			return usage(err)
		}
		return nil
	}
}
