package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
)

// flags are the flags that several commands have.
type flags struct {
	server         profile.Server // values of the server's flags; see overlay
	given          *pflag.FlagSet // the flags of the command that runs
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
	p.StringVar(&f.profile, "profile", "", "`name` of the session, if there are several (default: see demo switch)")
	p.StringVar(&f.dir, "dir", "", "`directory` of all profiles (default: in your state directory)")
	p.StringVar(&f.backend, "backend", "",
		"`name` of the keyring that holds the key of the session: "+strings.Join(backends(), ", ")+" (default: the keyring of this system)")
	p.StringVar(&f.passphraseFile, "passphrase-file", "", "`file` with the passphrase of the file backend (default: ask)")
	p.BoolVar(&f.json, "json", false, "print JSON")
	p.BoolVar(&f.trace, "trace", false, "draw the requests that were sent, on stderr")
	p.StringVar(&f.har, "har", "", "write the requests, without their secrets, to a HAR `file` for the network panel of a browser")
	p.BoolVar(&f.noColor, "no-color", false, "print without colors")
	p.BoolVar(&f.noInput, "no-input", false, "never prompt")
	p.BoolVar(&f.debug, "debug", false, "log what happens, on stderr")
}

// registerServer adds the flags that describe a server. Each is a member of the configuration file,
// too, and their defaults are the values that s has.
func registerServer(p *pflag.FlagSet, s *profile.Server) {
	p.StringVar(&s.Dialect, "dialect", s.Dialect, "`dialect` of the token endpoints: rest or oauth2 (default rest; oauth2 with --issuer)")
	p.StringSliceVar(&s.AllowedOrigins, "allowed-origins", s.AllowedOrigins, "further `origins` that may see the token")
	p.StringVar(&s.LoginURL, "login-url", s.LoginURL, "`URL` of the login, for rest (default /auth/login)")
	p.StringVar(&s.RefreshURL, "refresh-url", s.RefreshURL, "`URL` of the refresh, for rest (default /auth/refresh)")
	p.StringVar(&s.AuthorizationURL, "authorization-url", s.AuthorizationURL, "`URL` of the login page, for oauth2 (default: of the issuer)")
	p.StringVar(&s.DeviceURL, "device-url", s.DeviceURL, "`URL` for logins on another device, for oauth2 (default: of the issuer)")
	p.StringVar(&s.TokenURL, "token-url", s.TokenURL, "`URL` of the token endpoint, for oauth2 (default: of the issuer, or /oauth/token)")
	p.StringVar(&s.RevokeURL, "revoke-url", s.RevokeURL, "`URL` to revoke tokens at (RFC 7009), or none (default: what the server publishes)")
	p.StringVar(&s.UserField, "user-field", s.UserField, "`name` of the user name in the login (default username)")
	p.StringVar(&s.PasswordField, "password-field", s.PasswordField, "`name` of the password in the login (default password)")
	p.StringVar(&s.AccessField, "access-field", s.AccessField, "`name` of the access token in responses (default: the usual ones)")
	p.StringVar(&s.RefreshField, "refresh-field", s.RefreshField, "`name` of the refresh token (default: the usual ones)")
	p.BoolVar(&s.UseAccessToken, "use-access-token", s.UseAccessToken, "refresh with the access token, for servers without refresh tokens")
	p.StringVar(&s.ClientID, "client-id", s.ClientID, "`id` of the client, for oauth2")
	p.StringVar(&s.ClientSecretFile, "client-secret-file", s.ClientSecretFile, "`file` with the client's secret, for oauth2")
	p.StringVar(&s.AuthStyle, "auth-style", s.AuthStyle, "`place` of the client's secret: header or params (default header)")
	p.StringSliceVar(&s.Scopes, "scope", s.Scopes, "`scopes` to request, for oauth2 (default with --issuer: openid,offline_access)")
	p.StringVar(&s.RedirectURL, "redirect-url", s.RedirectURL, "`URL` on this machine that the browser comes back to (default: any free port)")
	p.BoolVar(&s.DPoP, "dpop", s.DPoP, "bind the tokens to a key of the session (RFC 9449), for servers that support it")
	p.Var(&pairs{&s.Params}, "params", "further `name=value` of logins and refreshes, such as audience; repeatable")
	p.Var(&pairs{&s.Headers}, "headers", "`name=value` of a header for every request to the server; repeatable")
	p.StringSliceVar(&s.DeadCodes, "dead-codes", s.DeadCodes, "further error `codes` that mean that the refresh token is dead")
	p.IntSliceVar((*[]int)(&s.ExpiredStatus), "expired-status", s.ExpiredStatus, "`statuses` of a rejected token (default 401)")
	p.StringVar(&s.ExpiredMessage, "expired-message", s.ExpiredMessage, "`text` in the body of a rejected token")
	p.BoolVar(&s.InsecureAllowHTTP, "insecure-allow-http", s.InsecureAllowHTTP, "let tokens travel over plain http to other machines")
}

// overlay lays the flags that were given over a server, also those whose value is empty.
func overlay(given *pflag.FlagSet, s *profile.Server) error {
	target := pflag.NewFlagSet("server", pflag.ContinueOnError)
	registerServer(target, s)
	target.StringVar(&s.BaseURL, "base-url", s.BaseURL, "")
	target.StringVar(&s.Issuer, "issuer", s.Issuer, "")
	var errs []error
	given.Visit(func(f *pflag.Flag) {
		to := target.Lookup(f.Name)
		if to == nil {
			return
		}
		if values, ok := f.Value.(pflag.SliceValue); ok {
			if list, ok := to.Value.(pflag.SliceValue); ok {
				errs = append(errs, list.Replace(values.GetSlice()))
				return
			}
		}
		errs = append(errs, to.Value.Set(f.Value.String()))
	})
	return errors.Join(errs...)
}

// pairs is a flag that can be given several times, as name=value.
type pairs struct{ to *profile.Pairs }

// Set adds a pair. An empty one removes all.
func (p *pairs) Set(text string) error {
	if text == "" {
		*p.to = nil
		return nil
	}
	return p.Append(text)
}

// Append adds a pair.
func (p *pairs) Append(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("write it as name=value")
	}
	if *p.to == nil {
		*p.to = make(profile.Pairs)
	}
	(*p.to)[name] = value
	return nil
}

// Replace sets the pairs.
func (p *pairs) Replace(all []string) error {
	*p.to = nil
	var errs []error
	for _, text := range all {
		errs = append(errs, p.Append(text))
	}
	return errors.Join(errs...)
}

// GetSlice returns the pairs, sorted.
func (p *pairs) GetSlice() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(*p.to)) {
		all = append(all, name+"="+(*p.to)[name])
	}
	return all
}

// String returns the pairs.
func (p *pairs) String() string {
	if p.to == nil {
		return ""
	}
	return strings.Join(p.GetSlice(), ",")
}

// Type is the kind of value in the help.
func (*pairs) Type() string { return "name=value" }

// withServer adds the server's flags to a command: visible for login, which remembers them, hidden
// for the others.
func withServer(a *app, cmd *cobra.Command, visible bool) *cobra.Command {
	set := pflag.NewFlagSet("server", pflag.ContinueOnError)
	set.StringVar(&a.flags.config, "config", "", "`file` that describes the server; see demo help config")
	registerServer(set, &a.flags.server)
	set.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{groupKey: {groupServer}}
		f.Hidden = !visible
	})
	cmd.Flags().AddFlagSet(set)
	a.complete(cmd, "dialect", profile.REST, profile.OAuth2)
	a.complete(cmd, "auth-style", profile.AuthHeader, profile.AuthParams)
	return cmd
}

const (
	groupKey    = "group"
	groupServer = "server"
)

// complete offers the values of a flag to the shell.
func (a *app) complete(cmd *cobra.Command, flag string, values ...string) {
	fn := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	_ = cmd.RegisterFlagCompletionFunc(flag, fn) // fails only for an unknown flag, which a test would notice
}

// completeProfiles offers the existing profiles.
func (a *app) completeProfiles(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	root, err := profile.Root(a.flags.dir, a.getenv)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := slices.DeleteFunc(profile.Names(root), func(name string) bool { return !strings.HasPrefix(name, prefix) })
	return names, cobra.ShellCompDirectiveNoFileComp
}
