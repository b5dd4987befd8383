package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const diagnosisTimeout = 5 * time.Second

func newDoctor(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Try every keyring, and say what to do",
		Long: "Try every keyring, and say which one would be used, why others do not work here, and what to do. A test entry is\n" +
			"written, read and removed. This takes five seconds at most and asks nothing. Exits with 5 if the keyring that would be\n" +
			"used does not work.",
		Example: `  demo doctor
  demo doctor --backend pass
  demo doctor --json`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
}

// A diagnosis is the output of the command, as JSON.
type diagnosis struct {
	Place    place     `json:"place"`
	Works    bool      `json:"works"` // the keyring that would be used
	Next     []string  `json:"next"`  // what to do
	Backends []finding `json:"backends"`
}

// A finding is what is shown of one backend.
type finding struct {
	Backend   string `json:"backend"`
	Usable    bool   `json:"usable"`
	Selected  bool   `json:"selected"`
	Holds     bool   `json:"holds"` // it has the key of the session
	Reason    string `json:"reason,omitempty"`
	Fix       string `json:"fix,omitempty"`
	elsewhere bool   // it belongs to another operating system
	outside   bool   // the reason is not the keyring, but for example its directory
}

func (a *app) doctor(ctx context.Context) error {
	d, err := a.diagnose(ctx)
	if err != nil {
		return err
	}
	if a.flags.json {
		err = a.printJSON(d)
	} else {
		err = a.print(a.describeDiagnosis(d))
	}
	if err != nil || d.Works {
		return err
	}
	return &hinted{
		err: errors.New("the keyring that would be used does not work here"), code: exitKeyring,
		hint: `follow the advice under "what to do"`,
	}
}

func (a *app) diagnose(ctx context.Context) (diagnosis, error) {
	dir, err := a.directory()
	if err != nil {
		return diagnosis{}, err
	}
	defer a.progress.Waiting("the keyrings")()
	reports := keyring.Diagnose(ctx, keyring.Config{
		Service: profile.Service, Dir: string(dir), Backend: a.backend(), Timeout: diagnosisTimeout, Passphrase: a.ask(ctx),
	})
	if err := ctx.Err(); err != nil {
		return diagnosis{}, err
	}
	d := diagnosis{Place: a.place(), Backends: findings(reports)}
	for _, f := range d.Backends {
		if f.Selected {
			d.Works = f.Usable
			d.Next = d.next(f, a.passphraseFile() != "")
		}
	}
	for i, line := range d.Next {
		d.Next[i] = strings.ReplaceAll(line, "demo ", a.name+" ")
	}
	return d, nil
}

// findings turns reports into what is shown.
func findings(reports []keyring.Report) []finding {
	all := make([]finding, 0, len(reports))
	for _, r := range reports {
		f := finding{Backend: r.Backend, Usable: r.Usable, Selected: r.Selected, Holds: r.Holds, Fix: r.Fix}
		if r.Err != nil {
			f.Reason = reason(r)
			_, ofKeyring := errors.AsType[*keyring.Error](r.Err)
			f.outside = !ofKeyring
			f.elsewhere = strings.HasSuffix(f.Reason, "belongs to another operating system")
		}
		all = append(all, f)
	}
	return all
}

// reason is why a backend does not work, without its name and without what to do.
func reason(r keyring.Report) string {
	e, ok := errors.AsType[*keyring.Error](r.Err)
	switch {
	case !ok:
		return strings.TrimPrefix(message(r.Err), "keyring: ")
	case e.Holder != "":
		return "the key of the session is in " + e.Holder
	case e.Err != nil:
		return message(e.Err)
	default:
		return strings.TrimPrefix(message(e.Kind), "keyring: ")
	}
}

// next says what to do, given the backend that would be used.
func (d diagnosis) next(selected finding, passphrase bool) []string {
	holder := slices.IndexFunc(d.Backends, func(f finding) bool { return f.Holds && !f.Selected })
	switch {
	case holder >= 0:
		name := d.Backends[holder].Backend
		return []string{
			"Use the keyring that holds the key of the session: --backend " + name,
			"or move the key where both work: demo move " + selected.Backend + " --backend " + name,
			"or sign in to another profile here: demo login --backend " + selected.Backend + " --profile NAME",
		}
	case selected.Usable && selected.Holds:
		return []string{"Nothing: the keyring that holds the key of the session works"}
	case !selected.Usable:
		return d.repair(selected)
	case selected.Backend == "file" && !passphrase && d.Place == service:
		return []string{"Give the passphrase in a file, with CHATELAINE_PASSPHRASE_FILE: there is no terminal to ask on"}
	default:
		return []string{"Nothing: sign in with demo login"}
	}
}

// repair says what to do about the backend that would be used and does not work.
func (d diagnosis) repair(selected finding) []string {
	switch {
	case selected.outside || selected.Backend == "file":
		return []string{sentence(selected.Fix)}
	case selected.Backend == "pass" || selected.Backend == "keychain" && d.Place == overSSH:
		return desktop.advice(selected.Fix) // the fix holds in any place
	default:
		return d.Place.advice(selected.Fix)
	}
}
