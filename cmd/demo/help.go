package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const helpWidth = 120

// newHelp is `demo help`.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command or a topic",
		Long:  "Help about a command or a topic.",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return subcommand(cmd.Root(), rest)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range cmd.Root().Commands() {
				if !c.Hidden && strings.HasPrefix(c.Name(), prefix) {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// showHelp prints the whole page to stdout, because the user asked for it.
func showHelp(cmd *cobra.Command, _ []string) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", text)
	if cmd.Runnable() || cmd.HasAvailableSubCommands() {
		_ = writeUsage(cmd.OutOrStdout(), cmd)
	}
}

func showUsage(cmd *cobra.Command) error { return writeUsage(cmd.OutOrStderr(), cmd) }

func writeUsage(w io.Writer, cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("\nUSAGE\n  " + useLine(cmd) + "\n")
	section(&b, "EXAMPLES", cmd.Example)
	section(&b, "COMMANDS", list(cmd, func(c *cobra.Command) bool { return c.IsAvailableCommand() }))
	section(&b, "TOPICS", list(cmd, func(c *cobra.Command) bool { return c.IsAdditionalHelpTopicCommand() && !c.Hidden }))
	own, server := split(cmd.LocalNonPersistentFlags())
	section(&b, "FLAGS", own.FlagUsagesWrapped(helpWidth))
	section(&b, "FLAGS FOR THE SERVER (remembered)", server.FlagUsagesWrapped(helpWidth))
	section(&b, "FLAGS OF ALL COMMANDS", cmd.Root().PersistentFlags().FlagUsagesWrapped(helpWidth))
	if !cmd.HasParent() {
		section(&b, "EXIT CODES", exitCodes)
		b.WriteString("\nMore: demo COMMAND --help, demo help TOPIC\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func useLine(cmd *cobra.Command) string {
	line := "demo COMMAND"
	if cmd.HasParent() {
		line = cmd.Parent().CommandPath() + " " + cmd.Use
	}
	return line + " [flags]"
}

func section(b *strings.Builder, title, text string) {
	if text = strings.TrimRight(text, "\n"); text != "" {
		b.WriteString("\n" + title + "\n" + text + "\n")
	}
}

func list(cmd *cobra.Command, want func(*cobra.Command) bool) string {
	var b strings.Builder
	for _, c := range cmd.Commands() {
		if want(c) {
			fmt.Fprintf(&b, "  %-12s %s\n", c.Name(), c.Short)
		}
	}
	return b.String()
}

// split separates the flags for the server from the others.
func split(all *pflag.FlagSet) (own, server *pflag.FlagSet) {
	own, server = pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	all.VisitAll(func(f *pflag.Flag) {
		if len(f.Annotations[groupKey]) > 0 {
			server.AddFlag(f)
		} else {
			own.AddFlag(f)
		}
	})
	return own, server
}
