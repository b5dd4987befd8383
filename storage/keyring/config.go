package keyring

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage/internal/servicename"
)

// Config configures [Open]. Only Service is required.
type Config struct {
	// Service is the program's name: 1 to 64 letters, digits, dots, dashes or
	// underscores, beginning with a letter or digit. Users meet it in their
	// keyring's program and in prompts.
	Service string

	// Backend names what holds the encryption key: "secret-service" (GNOME,
	// KDE, KeePassXC), "kwallet", "keychain" (macOS), "wincred" (Windows
	// Credential Manager), "pass", or "file" (a file in Dir, encrypted with
	// Passphrase). Empty means the backend that Dir remembers, and at first the
	// native one of the platform (secret-service, keychain or wincred), if a
	// test entry can be written, read and removed; never another one. A store
	// that holds a value does not change its backend.
	Backend string

	// Dir is the directory of the sealed files, their locks, and, for the file
	// backend, the key. Empty means a directory named after Service in the
	// user's state directory: $XDG_STATE_HOME or ~/.local/state,
	// ~/Library/Application Support, or %LocalAppData%. It must be writable,
	// belong to the user, and be writable by nobody else.
	Dir string

	// Passphrase returns the passphrase of the file backend; the prompt says
	// what it is for. See [PassphraseFile], [PassphraseFD] and
	// [PassphrasePrompt], and [PassphraseOnce] for several stores. It is called
	// when the key is first needed, and again only if it failed or was wrong. An
	// empty passphrase is refused. Where the context ends, it has a fifth of a
	// second to end, too, before it is left alone. The other backends do not call it.
	Passphrase func(prompt string) (string, error)

	// Timeout bounds each call to a backend. Zero means 5 s, and 60 s where a
	// call may ask the user something (keychain, kwallet, pass, and a
	// secret-service collection that is locked) or wait for the disk (file).
	// Negative is an error.
	Timeout time.Duration

	seams seams
}

// The seams are what tests replace.
type seams struct {
	open       func(kr.Config) (kr.Keyring, error)
	fake       bool   // open is not 99designs/keyring's
	platform   string // runtime.GOOS
	iterations int
}

const (
	backendSecretService = "secret-service"
	backendKeychain      = "keychain"
	backendWinCred       = "wincred"
	backendKWallet       = "kwallet"
	backendPass          = "pass"
	backendFile          = "file"
)

func backends() []string {
	return []string{backendSecretService, backendKeychain, backendWinCred, backendKWallet, backendPass, backendFile}
}

// complete returns cfg with its defaults filled in.
func (cfg Config) complete() (Config, error) {
	var problems []error
	if err := servicename.Check(cfg.Service); err != nil {
		problems = append(problems, fmt.Errorf("keyring: Config.Service: %w", err))
	}
	if cfg.Backend != "" && !slices.Contains(backends(), cfg.Backend) {
		problems = append(problems, fmt.Errorf("keyring: Config.Backend: unknown backend %q; choose one of %s, or leave it empty", cfg.Backend, strings.Join(backends(), ", ")))
	}
	if cfg.Timeout < 0 {
		problems = append(problems, errors.New("keyring: Config.Timeout is negative"))
	}
	if err := errors.Join(problems...); err != nil {
		return cfg, err
	}
	if cfg.Dir == "" {
		dir, err := stateDir()
		if err != nil {
			return cfg, fmt.Errorf("keyring: no default for Config.Dir, set it: %w", err)
		}
		cfg.Dir = joinService(dir, cfg.Service)
	}
	cfg.seams.fake = cfg.seams.open != nil
	if !cfg.seams.fake {
		cfg.seams.open = kr.Open
	}
	if cfg.seams.platform == "" {
		cfg.seams.platform = runtime.GOOS
	}
	if cfg.seams.iterations == 0 {
		cfg.seams.iterations = stretchIterations
	}
	return cfg, nil
}
