package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/chatelaine-go/chatelaine/auth"
)

func newLogin(env environment, f *flags) *cobra.Command {
	var user, passwordFile string
	var passwordStdin bool
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Sign in and store the session",
		Example: `  demo login --user alice
  demo login --user alice --password-stdin < password`,
		Args: exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			password, err := readPassword(env, passwordFile, passwordStdin)
			if err != nil {
				return err
			}
			p, err := f.open(cmd.Context())
			if err != nil {
				return err
			}
			err = p.login(cmd.Context(), user, password)
			if err == nil {
				_, _ = fmt.Fprintf(env.stderr, "signed in as %s at %s\n", user, p.session.BaseURL())
			}
			return errors.Join(err, p.close(cmd.Context()))
		},
	}
	cmd.Flags().StringVar(&user, "user", "alice", "user name")
	cmd.Flags().BoolVar(&passwordStdin, "password-stdin", false, "read the password from stdin")
	cmd.Flags().StringVar(&passwordFile, "password-file", "", "read the password from a file")
	cmd.MarkFlagsMutuallyExclusive("password-stdin", "password-file")
	return cmd
}

// login exchanges name and password for a session.
func (p *profile) login(ctx context.Context, user, password string) error {
	var answer struct {
		AccessToken  string  `json:"accessToken"`
		RefreshToken string  `json:"refreshToken"`
		ExpiresIn    float64 `json:"expiresIn"`
	}
	resp, err := p.client.R().SetContext(auth.WithoutAuth(ctx)).SetResult(&answer).
		SetBody(map[string]string{"username": user, "password": password}).Post("/auth/login")
	switch {
	case err != nil:
		return err
	case resp.StatusCode() == http.StatusUnauthorized:
		return &hinted{err: errors.New("the server refused user name or password"), code: exitLogin, hint: "check both, and try again"}
	case resp.IsError() || answer.AccessToken == "":
		return fmt.Errorf("the server answered %s to the login", resp.Status())
	}
	t := auth.Token{AccessToken: answer.AccessToken, RefreshToken: answer.RefreshToken}
	if answer.ExpiresIn > 0 {
		t.Expiry = time.Now().Add(time.Duration(answer.ExpiresIn * float64(time.Second)))
	}
	if err := p.session.Login(ctx, t); err != nil {
		return err
	}
	dir, err := p.directory()
	if err != nil {
		return err
	}
	return remember(dir, settings{BaseURL: p.session.BaseURL()})
}

// readPassword reads it from where the flags say, else asks on the terminal.
func readPassword(env environment, file string, stdin bool) (string, error) {
	switch {
	case file != "":
		data, err := os.ReadFile(file)
		return firstLine(string(data)), err
	case stdin:
		data, err := io.ReadAll(io.LimitReader(env.stdin, 4<<10))
		return firstLine(string(data)), err
	}
	tty, ok := env.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(tty.Fd())) {
		return "", &hinted{
			err: errors.New("no password, and no terminal to ask on"), code: exitUsage,
			hint: "use --password-stdin or --password-file",
		}
	}
	_, _ = fmt.Fprint(env.stderr, "Password: ")
	typed, err := term.ReadPassword(int(tty.Fd()))
	_, _ = fmt.Fprintln(env.stderr)
	return string(typed), err
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSuffix(line, "\r")
}
