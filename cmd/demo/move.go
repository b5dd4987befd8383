package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func newMove(a *app) *cobra.Command {
	var passphraseFile string
	cmd := &cobra.Command{
		Use:   "move BACKEND",
		Short: "Move the key of the session to another keyring",
		Long: "Move the key of the session to another keyring, for example from the desktop's to an encrypted file that cron can\n" +
			"read too. The session stays as it is. --backend names the keyring that has the key now, if that is not the one that\n" +
			"would be used.",
		Example: `  demo move file --passphrase-file ~/.demo-passphrase
  demo move file --passphrase-file old --new-passphrase-file new
  demo move secret-service --backend file`,
		Args:              arguments("BACKEND"),
		ValidArgsFunction: cobra.FixedCompletions(backends(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkBackend(args[0]); err != nil {
				return err
			}
			return a.move(cmd.Context(), args[0], passphraseFile)
		},
	}
	cmd.Flags().StringVar(&passphraseFile, "new-passphrase-file", "",
		"`file` with the new passphrase of the file backend (default: --passphrase-file, else prompt)")
	return cmd
}

func (a *app) move(ctx context.Context, backend, newPassphraseFile string) error {
	dir, err := a.directory()
	if err != nil {
		return err
	}
	server, err := a.server(dir)
	if err != nil {
		return err
	}
	from, err := a.keyring(ctx, dir, server)
	if err != nil {
		return err
	}
	to := keyring.Config{Service: profile.Service, Dir: string(dir), Backend: backend, Passphrase: a.ask(ctx)}
	if file := cmp.Or(newPassphraseFile, a.passphraseFile()); file != "" {
		to.Passphrase = passphraseIn(file)
	}
	done := a.progress.Waiting("the keyrings")
	err = keyring.Move(ctx, *from, to)
	done()
	if err != nil {
		return err
	}
	a.say("the key of the session is now in: %s", backend)
	return nil
}
