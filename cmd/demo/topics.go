package main

import (
	"embed"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

//go:embed examples/*.json
var examples embed.FS

// newConfigTopic explains the configuration file, with an example for each dialect.
func newConfigTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("A file that describes a server, for --config. Each member is also a flag of login, which takes precedence, even when\n" +
		"its value is empty. login remembers everything for the other commands. Omitted values default to those of `demo serve`.\n" +
		"Secrets belong in files of their own that only their owner can read.\n\n" +
		"Providers that publish their endpoints need no file: demo login --issuer URL --client-id ID\n")
	for _, e := range []struct{ file, title string }{
		{"rest.json", "A server that speaks plain REST"},
		{"oauth2.json", "A server that speaks OAuth 2.0 (RFC 6749, RFC 7009)"},
		{"supabase.json", "A server with an API key in a header and error codes of its own"},
	} {
		data, err := examples.ReadFile("examples/" + e.file)
		if err != nil {
			continue // it is embedded, so it is there
		}
		b.WriteString("\n" + e.title + ":\n\n  " + strings.ReplaceAll(strings.TrimSpace(string(data)), "\n", "\n  ") + "\n")
	}
	b.WriteString("\nThe members, as flags:\n\n")
	set := pflag.NewFlagSet("server", pflag.ContinueOnError)
	registerServer(set, new(profile.Server))
	b.WriteString(set.FlagUsagesWrapped(helpWidth))
	b.WriteString("\nA token from elsewhere: give it to `demo login --with-token` on stdin.")
	return &cobra.Command{Use: "config", Short: "How a server is described", Long: b.String()}
}

// newExitCodesTopic explains the exit codes and the environment.
func newExitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "Exit codes and environment variables",
		Long: "Exit codes:\n\n" + exitCodes + "\nserve exits with 0 when it is interrupted, which is how it ends. `go run` turns every other code into 1.\n\nEnvironment:\n\n" +
			"  CHATELAINE_BACKEND          the keyring that holds the key of the session, as --backend\n" +
			"  CHATELAINE_PASSPHRASE_FILE  file with the passphrase of the file backend, as --passphrase-file\n" +
			"  XDG_STATE_HOME              where sessions are stored (default ~/.local/state)\n" +
			"  NO_COLOR, TERM=dumb         no colors\n" +
			"  CLICOLOR_FORCE              colors even without a terminal\n" +
			"  HTTP_PROXY, HTTPS_PROXY     proxies, as curl knows them",
	}
}
