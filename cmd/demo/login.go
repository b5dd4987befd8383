package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

// loginFlags are where name and password come from.
type loginFlags struct {
	user          string
	passwordFile  string
	passwordStdin bool
	withToken     bool
}

func newLogin(a *app) *cobra.Command {
	var l loginFlags
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in and store the session",
		Long: "Sign in and store the session, encrypted. The password is asked for, or read from stdin or a file.\n" +
			"What the flags and --config say about the server is remembered for the other commands.\n\n" +
			"If no keyring works here and the server is on this machine, the key is kept in an encrypted file whose\n" +
			"passphrase lies beside it; login says so. For other servers that is refused: choose a --backend.",
		Example: `  demo login --user alice
  demo login --user alice --password-stdin < password
  demo login --backend file --passphrase-file ~/.demo-passphrase
  demo login --config oauth2.json --profile work
  demo login --with-token < token.json`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := exclusive(cmd, "password-stdin", "password-file", "with-token"); err != nil {
				return err
			}
			return a.login(cmd.Context(), l)
		},
	}
	cmd.Flags().StringVarP(&l.user, "user", "u", "alice", "`name` of the user")
	cmd.Flags().BoolVar(&l.passwordStdin, "password-stdin", false, "read the password from stdin")
	cmd.Flags().StringVar(&l.passwordFile, "password-file", "", "read the password from a `file`")
	cmd.Flags().BoolVar(&l.withToken, "with-token", false,
		"read a token from stdin instead: the JSON of a token endpoint, or a refresh token; the server must accept it first")
	return withServer(a, cmd, true)
}

func (a *app) login(ctx context.Context, l loginFlags) error {
	dir, err := a.directory()
	if err != nil {
		return err
	}
	server, err := a.server(dir)
	if err != nil {
		return err
	}
	begin, err := a.credentials(ctx, l, server)
	if err != nil {
		return err
	}
	p, err := a.openForLogin(ctx, dir, server)
	if err != nil {
		return err
	}
	err = func() error {
		defer a.waiting(p)()
		return begin(ctx, p)
	}()
	if err == nil {
		err = dir.Remember(server)
	}
	if err == nil {
		a.say("signed in%s at %s; the key of the session is in: %s", by(l), p.Server.BaseURL, p.Store.Backend())
	}
	return errors.Join(err, a.close(ctx, p))
}

func by(l loginFlags) string {
	if l.withToken {
		return ""
	}
	return " as " + screen.Escape(l.user)
}

// credentials gets what a session begins with, before anything is opened or sent.
func (a *app) credentials(ctx context.Context, l loginFlags, server profile.Server) (
	begin func(context.Context, *profile.Profile) error, err error,
) {
	if l.withToken {
		token, err := a.readToken(server)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, p *profile.Profile) error {
			err := p.LoginWithToken(ctx, token)
			if err == nil && token.RefreshToken == "" {
				a.say("note: without a refresh token it could not be checked; the first request shows whether the server accepts it")
			}
			return err
		}, nil
	}
	var password string
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
	return func(ctx context.Context, p *profile.Profile) error { return p.Login(ctx, l.user, password) }, nil
}

func (a *app) readToken(server profile.Server) (auth.Token, error) {
	data, err := io.ReadAll(io.LimitReader(a.in, maxSecret+1))
	if err != nil {
		return auth.Token{}, err
	}
	if len(data) > maxSecret {
		return auth.Token{}, &hinted{err: errors.New("stdin is too long for a token"), code: exitUsage, hint: "give --with-token the JSON of a token endpoint, or a refresh token"}
	}
	token, err := profile.ParseToken([]byte(strings.TrimSpace(string(data))), server.AccessField, server.RefreshField)
	if err != nil {
		return token, &hinted{err: err, code: exitUsage, hint: "give --with-token the JSON of a token endpoint on stdin, or a refresh token"}
	}
	return token, nil
}

// openForLogin opens the keyring, and makes one if there is none.
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
	// A session at a server on this machine is worth nothing, so its key may lie around. It is said, and said how to choose.
	file := a.passphraseFile()
	if file == "" {
		if err := dir.GeneratePassphrase(); err != nil {
			return nil, err
		}
		file = dir.PassphraseFile()
		a.say(a.called("note: no keyring of this system can be used (`demo doctor` tells why), so the session is encrypted with a passphrase\n"+
			"      that lies beside it, in %s.\n"+
			"      That will do for a server on this machine, and for no other. To choose for yourself: --backend"), file)
	}
	ring.Backend, ring.Passphrase = "file", passphraseIn(file)
	return a.open(ctx, server, ring)
}
