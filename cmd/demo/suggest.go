package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError gives an error about a flag its hint: the flag that was meant, perhaps.
func flagError(cmd *cobra.Command, err error) error {
	u := usage(err, cmd)
	_, unknown, ok := strings.Cut(err.Error(), "unknown flag: --")
	if near := nearest(cmd, unknown); ok && near != "" {
		u.hint = "did you mean --" + near + "?"
	}
	return u
}

// nearest is the flag of the command that is most like name; none if all are too different.
func nearest(cmd *cobra.Command, name string) string {
	best, found := len(name)/3+2, ""
	look := func(f *pflag.Flag) {
		if d := distance(f.Name, name); d < best || strings.HasPrefix(f.Name, name) && found == "" {
			best, found = d, f.Name
		}
	}
	cmd.Flags().VisitAll(look)
	cmd.InheritedFlags().VisitAll(look)
	return found
}

// distance is how many letters have to be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
