package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const diagnosis = 5 * time.Second

func newDoctor(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Try every keyring, and tell why it cannot be used and what to do",
		Long: "Try every keyring, and tell why it cannot be used and what to do. A test entry is written, read and removed. It takes\n" +
			"five seconds at most, asks nothing, and exits with 5 if the keyring that would be used does not work.",
		Example: `  demo doctor
  demo doctor --backend pass
  demo doctor --json`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
}

// finding is what is printed of a report.
type finding struct {
	Backend  string `json:"backend"`
	Usable   bool   `json:"usable"`
	Selected bool   `json:"selected"`
	Reason   string `json:"reason,omitempty"`
	Fix      string `json:"fix,omitempty"`
}

func (a *app) doctor(ctx context.Context) error {
	findings, err := a.diagnose(ctx)
	if err != nil {
		return err
	}
	if a.flags.json {
		err = a.printJSON(findings)
	} else {
		err = a.print(a.describeFindings(findings))
	}
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Selected && f.Usable {
			return nil
		}
	}
	var usable []string
	for _, f := range findings {
		if f.Usable {
			usable = append(usable, "--backend "+f.Backend)
		}
	}
	return &hinted{
		err: errors.New("the keyring that would be used does not work"), code: exitKeyring,
		hint: "do what the last line of its entry says, or choose another: " + strings.Join(usable, ", "),
	}
}

func (a *app) diagnose(ctx context.Context) ([]finding, error) {
	dir, err := a.directory()
	if err != nil {
		return nil, err
	}
	defer a.progress.Waiting("the keyrings")()
	reports := keyring.Diagnose(ctx, keyring.Config{
		Service: profile.Service, Dir: string(dir), Backend: a.backend(), Timeout: diagnosis, Passphrase: a.ask(ctx),
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	findings := make([]finding, 0, len(reports))
	for _, r := range reports {
		f := finding{Backend: r.Backend, Usable: r.Usable, Selected: r.Selected, Fix: r.Fix}
		if r.Err != nil {
			f.Reason = message(r.Err)
		}
		findings = append(findings, f)
	}
	return findings, nil
}

func (a *app) describeFindings(findings []finding) string {
	var b strings.Builder
	for _, f := range findings {
		name := f.Backend
		if f.Selected {
			name = a.outStyle.Bold(name) + a.outStyle.Dim("  (would be used)")
		}
		fmt.Fprintf(&b, "%s %s\n", a.outStyle.Mark(f.Usable), name)
		if f.Reason != "" {
			fmt.Fprintf(&b, "    why not  %s\n", f.Reason)
		}
		if f.Fix != "" {
			fmt.Fprintf(&b, "    fix      %s\n", f.Fix)
		}
	}
	return b.String()
}
