package main

import (
	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/tour"
)

// roleCommand is the hidden command that the tour starts as processes.
const roleCommand = "tour-role"

func newRole(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    roleCommand + " ROLE DIR TASK",
		Short:  "Run as a process of the tour",
		Hidden: true,
		Args:   arguments("ROLE", "DIR", "TASK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return tour.Role(cmd.Context(), a.in, a.out, args[0], args[1], args[2])
		},
	}
}
