package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
)

func newSwitch(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "switch [PROFILE]",
		Short: "Choose the profile that the other commands use",
		Long: "Choose the profile that the other commands use when --profile is not given. Each profile is a session: another user,\n" +
			"or another server. Of two profiles, the other one needs no name.",
		Example: `  demo login --profile work --issuer https://id.example.com --client-id my-program
  demo switch work
  demo switch`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			root, err := profile.Root(a.flags.dir, a.getenv)
			if err != nil {
				return &hinted{err: err, code: exitUsage, hint: "name a directory with --dir"}
			}
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			return a.switchTo(root, name)
		},
	}
}

func (a *app) switchTo(root, name string) error {
	names := profile.Names(root)
	if name == "" {
		current, err := profile.Current(root)
		if err != nil {
			current = ""
		}
		others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == current })
		if len(others) != 1 {
			return &hinted{
				err: errors.New("more than one other profile, or none, to switch to"), code: exitUsage,
				hint: "name one: `demo switch PROFILE`; " + listProfiles(names),
			}
		}
		name = others[0]
	}
	if !slices.Contains(names, name) {
		return &hinted{err: errors.New("no profile " + name), code: exitUsage, hint: "sign in with `demo login --profile NAME`; " + listProfiles(names)}
	}
	if err := profile.Use(root, name); err != nil {
		return err
	}
	a.say("using the profile %s", screen.Escape(name))
	return nil
}

// listProfiles lists profiles in one line.
func listProfiles(names []string) string {
	if len(names) == 0 {
		return "there are no profiles yet"
	}
	return "there are: " + strings.Join(names, ", ")
}
