package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// loginFlags say how the user signs in.
type loginFlags struct {
	user          string
	passwordFile  string
	passwordStdin bool
	withToken     bool
	web           bool
	device        bool
	noBrowser     bool
}

func newLogin(a *app) *cobra.Command {
	var l loginFlags
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in and store the session",
		Long: "Sign in and store the session, encrypted.\n\n" +
			"At a provider with a login page, name it with --issuer: its page opens in a browser, or with --device a code is shown\n" +
			"that is entered on another device. Over ssh, use --no-browser. At other servers the password is prompted for, or read\n" +
			"from stdin or a file. What the flags and --config say about the server is remembered for the other commands.\n\n" +
			"If no keyring works here and the server is on this machine, the key is kept in an encrypted file next to its\n" +
			"passphrase; login says so. For other servers that is refused: choose a --backend.",
		Example: `  demo login --issuer https://id.example.com --client-id my-program --base-url https://api.example.com
  demo login --issuer https://id.example.com --client-id my-program --device
  demo login --user alice
  demo login --user alice --password-stdin < password
  demo login --backend file --passphrase-file ~/.demo-passphrase
  demo login --config oauth2.json --profile work
  demo login --with-token < token.json`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := exclusive(cmd, "password-stdin", "password-file", "with-token", "web", "device"); err != nil {
				return err
			}
			if err := exclusive(cmd, "device", "no-browser"); err != nil {
				return err
			}
			l.web = l.web || l.noBrowser
			return a.login(cmd.Context(), l)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&l.user, "user", "u", "alice", "`name` of the user")
	f.BoolVar(&l.passwordStdin, "password-stdin", false, "read the password from stdin")
	f.StringVar(&l.passwordFile, "password-file", "", "read the password from a `file`")
	f.BoolVar(&l.withToken, "with-token", false,
		"read a token from stdin instead: the JSON of a token endpoint, or a refresh token; the server must accept it first")
	f.StringVar(&a.flags.server.Issuer, "issuer", "", "`URL` of a provider that publishes its endpoints (OpenID Connect, RFC 8414)")
	f.BoolVar(&l.web, "web", false, "sign in with a browser (default with --issuer)")
	f.BoolVar(&l.device, "device", false, "sign in on another device, with a code")
	f.BoolVar(&l.noBrowser, "no-browser", false, "open no browser: print the address, and read what the browser ends up at")
	return withServer(a, cmd, true)
}

// A beginning starts a session, when everything is known and the keyring is open.
type beginning func(context.Context, *profile.Profile) error

func (a *app) login(ctx context.Context, l loginFlags) error {
	dir, err := a.directory()
	if err != nil {
		return err
	}
	server, err := a.loginServer(ctx, dir)
	if err != nil {
		return err
	}
	begin, by, err := a.credentials(ctx, l, server)
	if err != nil {
		return err
	}
	p, err := a.openForLogin(ctx, dir, server)
	if err != nil {
		return err
	}
	err = begin(ctx, p)
	if err == nil {
		err = dir.Remember(server.Published(ctx, a.recorder))
	}
	if err == nil {
		a.say("signed in%s at %s; the key of the session is in: %s", by, p.Server.BaseURL, p.Store.Backend())
	}
	return errors.Join(err, a.close(ctx, p))
}

// loginServer returns the server to sign in at, with what its provider publishes.
func (a *app) loginServer(ctx context.Context, dir profile.Directory) (profile.Server, error) {
	s, err := a.configured(dir)
	if err != nil {
		return s, err
	}
	if s.Issuer != "" {
		done := a.progress.Waiting(screen.Escape(s.Issuer))
		s, err = s.Discover(ctx, a.recorder)
		done()
		if err != nil {
			return s, &hinted{err: err, code: exitNetwork, hint: "check --issuer, or name the endpoints with --authorization-url and --token-url"}
		}
	}
	return a.checked(s)
}

// credentials gets what a session begins with, before anything is opened or sent. By is part of the
// message at the end.
func (a *app) credentials(ctx context.Context, l loginFlags, server profile.Server) (begin beginning, by string, err error) {
	atProvider := server.AuthorizationURL != "" || server.DeviceURL != ""
	byPassword := l.passwordStdin || l.passwordFile != "" || a.flags.given.Changed("user")
	switch {
	case l.withToken:
		begin, err = a.withToken(server)
		return begin, "", err
	case l.web || l.device || atProvider && !byPassword:
		begin, err = a.atProvider(l, server)
		return begin, "", err
	default:
		begin, err = a.withPassword(ctx, l, server)
		return begin, " as " + screen.Escape(l.user), err
	}
}

func (a *app) withPassword(ctx context.Context, l loginFlags, server profile.Server) (beginning, error) {
	var password string
	var err error
	switch {
	case l.passwordFile != "":
		password, err = secretFile(l.passwordFile)
	case l.passwordStdin:
		password, err = a.readSecret()
	default:
		password, err = a.askPassword(ctx, "Password of "+screen.Escape(l.user)+" at "+server.Origin())
	}
	if err != nil {
		return nil, err
	}
	if password == "" {
		return nil, &hinted{err: errors.New("the password is empty"), code: exitUsage, hint: "type it, or use --password-file"}
	}
	return func(ctx context.Context, p *profile.Profile) error {
		defer a.waiting(p)()
		return p.Login(ctx, l.user, password)
	}, nil
}

func (a *app) withToken(server profile.Server) (beginning, error) {
	token, err := a.readToken(server)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, p *profile.Profile) error {
		defer a.waiting(p)()
		err := p.LoginWithToken(ctx, token)
		if err == nil && token.RefreshToken == "" {
			a.say("note: without a refresh token it could not be checked; the first request shows whether the server accepts it")
		}
		return err
	}, nil
}

func (a *app) readToken(server profile.Server) (auth.Token, error) {
	const hint = "give --with-token the JSON of a token endpoint on stdin, or a refresh token"
	data, err := io.ReadAll(io.LimitReader(a.in, maxSecret+1))
	if err != nil {
		return auth.Token{}, err
	}
	if len(data) > maxSecret {
		return auth.Token{}, &hinted{err: errors.New("stdin is too long for a token"), code: exitUsage, hint: hint}
	}
	token, err := profile.ParseToken(data, server)
	if err != nil {
		return token, &hinted{err: err, code: exitUsage, hint: hint}
	}
	return token, nil
}

// openForLogin opens the keyring, and creates one if there is none.
func (a *app) openForLogin(ctx context.Context, dir profile.Directory, server profile.Server) (*profile.Profile, error) {
	ring, err := a.keyring(ctx, dir, server)
	if err != nil {
		return nil, err
	}
	p, err := a.open(ctx, server, ring)
	if !errors.Is(err, keyring.ErrUnavailable) || ring.Backend != "" || !server.Loopback() {
		return p, err
	}
	if known, knownErr := dir.Known(); knownErr != nil || known {
		return nil, errors.Join(err, knownErr)
	}
	// A session at a server on this machine is worth nothing, so its key may lie around. The user
	// is told so, and how to choose another backend.
	file := a.passphraseFile()
	if file == "" {
		if err := dir.GeneratePassphrase(); err != nil {
			return nil, err
		}
		file = dir.PassphraseFile()
		a.say(a.called("note: no keyring works here (`demo doctor` explains), so the session is encrypted with a passphrase that is\n"+
			"      stored next to it, in %s.\n"+
			"      That is good enough for a server on this machine, and for no other. To choose for yourself: --backend"), file)
	}
	ring.Backend, ring.Passphrase = "file", passphraseIn(file)
	return a.open(ctx, server, ring)
}
