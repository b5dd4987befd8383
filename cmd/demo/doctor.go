package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func newDoctor(env environment, f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Try every keyring and tell which can be used, and how to mend the others",
		Args:  exactArgs(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := f.directory()
			if err != nil {
				return err
			}
			c, err := f.keyringConfig(dir)
			if err != nil {
				return err
			}
			reports := keyring.Diagnose(cmd.Context(), c)
			usable := false
			for _, r := range reports {
				usable = usable || r.Usable
				if err := printReport(env, f, r); err != nil {
					return err
				}
			}
			if !usable {
				return inKeyring(errors.New("no keyring can be used here"))
			}
			return nil
		},
	}
}

func printReport(env environment, f *flags, r keyring.Report) error {
	reason := ""
	if r.Err != nil {
		reason = r.Err.Error()
	}
	if f.json {
		return json.NewEncoder(env.stdout).Encode(map[string]any{
			"backend": r.Backend, "usable": r.Usable, "selected": r.Selected, "reason": reason, "fix": r.Fix,
		})
	}
	mark := "no "
	if r.Usable {
		mark = "yes"
	}
	chosen := ""
	if r.Selected {
		chosen = "  (selected)"
	}
	_, err := fmt.Fprintf(env.stdout, "%s  %s%s\n", mark, r.Backend, chosen)
	for _, line := range []string{reason, r.Fix} {
		if line != "" && err == nil {
			_, err = fmt.Fprintf(env.stdout, "     %s\n", line)
		}
	}
	return err
}
