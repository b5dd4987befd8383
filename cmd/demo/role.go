package main

import (
	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/tour"
)

// roleCommand is what the processes run that the tour starts.
const roleCommand = "tour-role"

func newRole(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    roleCommand + " ROLE DIR URL",
		Short:  "Be one of the processes of the tour",
		Hidden: true,
		Args:   arguments("ROLE", "DIR", "URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return tour.Role(cmd.Context(), a.in, a.out, args[0], args[1], args[2])
		},
	}
}
