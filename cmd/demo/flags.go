package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

// flags are those that several commands have.
type flags struct {
	server         profile.Server // what was given on the command line
	config         string
	backend        string
	dir            string
	profile        string
	passphraseFile string
	json           bool
	trace          bool
	har            string
	noColor        bool
	noInput        bool
	debug          bool
}

func backends() []string {
	return []string{"secret-service", "kwallet", "keychain", "wincred", "pass", "file"}
}

// register adds the flags that every command has.
func (f *flags) register(p *pflag.FlagSet) {
	p.StringVar(&f.server.BaseURL, "base-url", "", "`URL` of the server to talk to (default: that of the login, else "+profile.DefaultBaseURL+")")
	p.StringVar(&f.profile, "profile", profile.Default, "`name` of the session, if there are several")
	p.StringVar(&f.dir, "dir", "", "`directory` of all profiles (default: in your state directory)")
	p.StringVar(&f.backend, "backend", "",
		"`name` of what keeps the key of the session: "+strings.Join(backends(), ", ")+" (default: the keyring of this system)")
	p.StringVar(&f.passphraseFile, "passphrase-file", "", "`file` with the passphrase of the file backend (default: ask)")
	p.BoolVar(&f.json, "json", false, "print JSON")
	p.BoolVar(&f.trace, "trace", false, "draw what went over the wire, on stderr")
	p.StringVar(&f.har, "har", "", "write what went over the wire to a `file`, without its secrets, for the network panel of a browser")
	p.BoolVar(&f.noColor, "no-color", false, "no colors")
	p.BoolVar(&f.noInput, "no-input", false, "ask nothing")
	p.BoolVar(&f.debug, "debug", false, "log what happens, on stderr")
}

// registerServer adds the flags that describe a server, each of which is a member of the configuration file, too.
func (f *flags) registerServer(p *pflag.FlagSet) {
	s := &f.server
	p.StringVar(&f.config, "config", "", "`file` that describes the server; see demo help config")
	p.StringVar(&s.Dialect, "dialect", "", "`dialect` in which tokens are asked for: rest or oauth2 (default rest)")
	p.StringSliceVar(&s.AllowedOrigins, "allowed-origins", nil, "further `origins` that may see the token")
	p.StringVar(&s.LoginURL, "login-url", "", "`URL` of the login, for rest (default /auth/login)")
	p.StringVar(&s.RefreshURL, "refresh-url", "", "`URL` of the refresh, for rest (default /auth/refresh)")
	p.StringVar(&s.TokenURL, "token-url", "", "`URL` of the token endpoint, for oauth2 (default /oauth/token)")
	p.StringVar(&s.RevokeURL, "revoke-url", "", "`URL` to revoke tokens at (RFC 7009), or none (default /oauth/revoke)")
	p.StringVar(&s.UserField, "user-field", "", "`name` of the user name in the login (default username)")
	p.StringVar(&s.PasswordField, "password-field", "", "`name` of the password in the login (default password)")
	p.StringVar(&s.AccessField, "access-field", "", "`name` of the access token in answers (default: the usual ones)")
	p.StringVar(&s.RefreshField, "refresh-field", "", "`name` of the refresh token (default: the usual ones)")
	p.StringVar(&s.ClientID, "client-id", "", "`id` of the client, for oauth2")
	p.StringVar(&s.ClientSecretFile, "client-secret-file", "", "`file` with the client's secret, for oauth2")
	p.StringSliceVar(&s.Scopes, "scopes", nil, "`scopes` to ask for, for oauth2")
	p.IntVar(&s.ExpiredStatus, "expired-status", 0, "`status` of a refused token (default 401)")
	p.StringVar(&s.ExpiredMessage, "expired-message", "", "`text` in the body of a refused token")
	p.BoolVar(&s.InsecureAllowHTTP, "insecure-allow-http", false, "let tokens travel over plain http to other machines")
}

// withServer adds the server's flags to a command: in sight for login, which remembers them, out of sight for the others.
func withServer(a *app, cmd *cobra.Command, visible bool) *cobra.Command {
	set := pflag.NewFlagSet("server", pflag.ContinueOnError)
	a.flags.registerServer(set)
	set.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{groupKey: {groupServer}}
		f.Hidden = !visible
	})
	cmd.Flags().AddFlagSet(set)
	a.complete(cmd, "dialect", profile.REST, profile.OAuth2)
	return cmd
}

const (
	groupKey    = "group"
	groupServer = "server"
)

// complete offers the values of a flag to the shell.
func (a *app) complete(cmd *cobra.Command, flag string, values ...string) {
	fn := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	_ = cmd.RegisterFlagCompletionFunc(flag, fn) // fails for a flag that is not there only, and a test would notice
}

// completeProfiles offers the profiles that there are.
func (a *app) completeProfiles(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	root, err := profile.Root(a.flags.dir, a.getenv)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := slices.DeleteFunc(profile.Names(root), func(name string) bool { return !strings.HasPrefix(name, prefix) })
	return names, cobra.ShellCompDirectiveNoFileComp
}
