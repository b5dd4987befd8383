package main

import (
	"embed"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

//go:embed examples/*.json
var examples embed.FS

// newConfigTopic explains the configuration file, with an example for each dialect.
func newConfigTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("A file that describes a server, for --config. Each member is a flag of login, too, and the flag wins. login remembers\n" +
		"all of it for the other commands. What is left out is as `demo serve` has it. Secrets are not in it, but in files of\n" +
		"their own that only their owner can read.\n")
	for _, e := range []struct{ file, title string }{
		{"rest.json", "A server that speaks plain REST"},
		{"oauth2.json", "A server that speaks OAuth 2.0 (RFC 6749, RFC 7009)"},
	} {
		data, err := examples.ReadFile("examples/" + e.file)
		if err != nil {
			continue // it is embedded, so it is there
		}
		b.WriteString("\n" + e.title + ":\n\n  " + strings.ReplaceAll(strings.TrimSpace(string(data)), "\n", "\n  ") + "\n")
	}
	b.WriteString("\nThe members, as flags:\n\n")
	set := pflag.NewFlagSet("server", pflag.ContinueOnError)
	new(flags).registerServer(set)
	b.WriteString(set.FlagUsagesWrapped(helpWidth))
	b.WriteString("\nA server whose tokens come from a browser: get one there, and give it to `demo login --with-token`.")
	return &cobra.Command{Use: "config", Short: "How a server is described", Long: b.String()}
}

// newExitCodesTopic explains the exit codes and the environment.
func newExitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "Exit codes and environment variables",
		Long: "Exit codes:\n\n" + exitCodes + "\nserve ends with 0 when it is interrupted, since that is how it ends. `go run` makes 1 of every code but 0.\n\nEnvironment:\n\n" +
			"  CHATELAINE_BACKEND          what keeps the key of the session, as --backend\n" +
			"  CHATELAINE_PASSPHRASE_FILE  file with the passphrase of the file backend, as --passphrase-file\n" +
			"  XDG_STATE_HOME              where sessions are (default ~/.local/state)\n" +
			"  NO_COLOR, TERM=dumb         no colors\n" +
			"  CLICOLOR_FORCE              colors also where there is no terminal\n" +
			"  HTTP_PROXY, HTTPS_PROXY     proxies, as curl knows them",
	}
}
