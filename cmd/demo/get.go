package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"
)

func newGet(env environment, f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "get PATH",
		Short:   "Send a GET with the session and print the answer",
		Example: "  demo get /me",
		Args:    exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.open(cmd.Context())
			if err != nil {
				return err
			}
			return errors.Join(p.get(cmd, env, args[0]), p.close(cmd.Context()))
		},
	}
}

func (p *profile) get(cmd *cobra.Command, env environment, path string) error {
	resp, err := p.client.R().SetContext(cmd.Context()).Get(path)
	if err != nil {
		return err
	}
	switch {
	case resp.StatusCode() == http.StatusUnauthorized:
		return &hinted{err: errors.New("the server answered 401"), code: exitLogin, hint: "run `demo login`"}
	case resp.IsError():
		return fmt.Errorf("the server answered %s", resp.Status())
	}
	_, err = env.stdout.Write(append(resp.Body(), '\n'))
	return err
}
