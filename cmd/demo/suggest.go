package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError gives an error about a flag its hint: a similar flag, if there is one.
func flagError(cmd *cobra.Command, err error) error {
	u := usage(err, cmd)
	if _, unknown, ok := strings.Cut(err.Error(), "unknown flag: --"); ok {
		if similar := similarFlags(cmd, unknown); len(similar) > 0 {
			u.hint = "did you mean --" + similar[0] + "?"
		}
	}
	return u
}

// similarFlags returns the flags of a command that resemble name. Cobra suggests only commands, so
// it is asked about commands with the names of the flags.
func similarFlags(cmd *cobra.Command, name string) []string {
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	add := func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	}
	cmd.Flags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	return names.SuggestionsFor(name)
}
