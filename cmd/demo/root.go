package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// newRoot returns the command line.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "demo",
		Short: "Show and try out Chatelaine",
		Long: "Show and try out Chatelaine: one session, stored encrypted, shared by any number of requests and processes, and\n" +
			"refreshed exactly once.",
		Example: `  demo tour                  what the library promises, shown and checked
  demo serve                 a server to play with; then, in another terminal:
  demo login --user alice    prompts for the password, which is wonderland
  demo get /me --trace       draws the requests; --har FILE writes them for the network panel of a browser
  demo login --issuer URL    signs in at your provider, with its login page`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          subcommand,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.flags.given = cmd.Flags()
			a.prepare()
			return checkBackend(a.backend())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	a.flags.register(root.PersistentFlags())
	a.complete(root, "backend", backends()...)
	_ = root.RegisterFlagCompletionFunc("profile", a.completeProfiles)
	root.SetFlagErrorFunc(flagError)
	root.SetUsageFunc(showUsage)
	root.SetHelpFunc(showHelp)
	root.SetHelpCommand(newHelp())
	root.AddCommand(
		newTour(a), newServe(a), newLogin(a), newStatus(a), newGet(a), newPost(a), newStorm(a), newToken(a), newRefresh(a),
		newLogout(a), newSwitch(a), newMove(a), newDoctor(a), newConfigTopic(), newExitCodesTopic(), newRole(a), newFleet(a), newFleetRole(a),
	)
	root.InitDefaultCompletionCmd()
	return root
}

// subcommand refuses the name of an unknown command.
func subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := &hinted{err: fmt.Errorf("unknown command %q", args[0]), code: exitUsage, hint: "run `demo --help` for the commands"}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err.hint = "did you mean `demo " + near[0] + "`?"
	}
	return err
}

// arguments is cobra.ExactArgs with our own errors. The names are those in the usage line.
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > len(names):
			return usage(fmt.Errorf("unexpected argument %q", args[len(names)]), cmd)
		case len(args) < len(names):
			return usage(errors.New("missing argument "+names[len(args)]), cmd)
		default:
			return nil
		}
	}
}

// exclusive refuses more than one of the flags.
func exclusive(cmd *cobra.Command, names ...string) error {
	given := ""
	for _, name := range names {
		if !cmd.Flags().Changed(name) {
			continue
		}
		if given != "" {
			return usage(fmt.Errorf("--%s and --%s cannot be used together", given, name), cmd)
		}
		given = name
	}
	return nil
}
