package keyring

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/internal/statedir"
	"github.com/chatelaine-go/chatelaine/storage/internal/servicename"
)

// Config configures [Open]. Only Service is required.
type Config struct {
	// Service is the program's name: 1 to 64 letters, digits, dots, dashes or underscores,
	// beginning with a letter or digit, not ending with a dot, and not the name of a device on
	// Windows (nul, con, com1 …). Users see it in their keyring's program and in prompts.
	Service string

	// Backend names what holds the encryption key: "secret-service" (GNOME,
	// KDE, KeePassXC), "kwallet", "keychain" (macOS), "wincred" (Windows
	// Credential Manager), "pass", or "file" (a file in Dir, encrypted with
	// Passphrase). Empty means the backend that Dir remembers, and at first the
	// native one of the platform (secret-service, keychain or wincred), if a
	// test entry can be written, read and removed; no other entry is touched. If the key
	// is in another backend, the error is ErrOtherBackend; [Move] moves it.
	Backend string

	// Backends, in place of Backend, names several, best first. At the first
	// Open the first one that is usable gets the key and is remembered; from then
	// on the others are not tried, even where that one is not usable. The file
	// backend counts as usable if Passphrase is set.
	Backends []string

	// Dir is the directory of the sealed files, their locks, and, for the file
	// backend, the key. Empty means a directory named after Service in the
	// user's state directory: $XDG_STATE_HOME or ~/.local/state,
	// ~/Library/Application Support, or %LocalAppData%. It must be writable,
	// belong to the user, and be writable by no other user; the same goes for the
	// directories above it, as [storage.SealedConfig] explains.
	Dir string

	// Passphrase returns the passphrase of the file backend; the prompt says
	// what it is for. See [PassphrasePrompt], [PassphraseFile], [PassphraseFD]
	// and [PassphraseEnv], and [PassphraseOnce] for several stores. It is called
	// when the key is first needed, and again only if it failed or was wrong. An
	// empty passphrase is refused. When the context of Open ends, PassphrasePrompt
	// gives the terminal back and returns; another callback gets 200 ms to
	// return before it is abandoned. The other backends do not call it.
	Passphrase func(prompt string) (string, error)

	// RandomKey declares that Passphrase returns a random key of at least 128 bits, as 32
	// hexadecimal digits or 22 characters of base 64 or more, and not words that a person chose.
	// Such a key is not stretched, which saves about 0.1 s of CPU time at each start. It counts
	// when the encryption key is created or moved; an existing store keeps the value it was created
	// with. A passphrase that is obviously not a random key is refused.
	RandomKey bool

	// Timeout bounds each call to a backend. Zero means 5 s, and 60 s where a
	// call may ask the user something (keychain, kwallet, pass, and a
	// secret-service collection that is locked) or wait for the disk (file).
	// Negative is an error.
	Timeout time.Duration

	hooks hooks
}

// The hooks are what tests replace.
type hooks struct {
	library    library
	kinds      []kind
	system     string // runtime.GOOS
	iterations int    // of PBKDF2
}

// complete returns cfg with its defaults filled in.
func (cfg Config) complete() (Config, error) {
	var problems []error
	if err := servicename.Check(cfg.Service); err != nil {
		problems = append(problems, fmt.Errorf("keyring: Config.Service: %w", err))
	}
	if cfg.Backend != "" && len(cfg.Backends) > 0 {
		problems = append(problems, errors.New("keyring: Config.Backend and Config.Backends are both set"))
	}
	known := names(kinds())
	check := func(field, name string) {
		if !slices.Contains(known, name) {
			problems = append(problems, fmt.Errorf("keyring: %s: unknown backend %q; choose one of %s, or leave it empty", field, name, strings.Join(known, ", ")))
		}
	}
	if cfg.Backend != "" {
		check("Config.Backend", cfg.Backend)
	}
	for i, name := range cfg.Backends {
		check(fmt.Sprintf("Config.Backends[%d]", i), name)
	}
	if cfg.Timeout < 0 {
		problems = append(problems, errors.New("keyring: Config.Timeout is negative"))
	}
	if err := errors.Join(problems...); err != nil {
		return cfg, err
	}
	if cfg.Dir == "" {
		dir, err := statedir.Find(env)
		if err != nil {
			return cfg, fmt.Errorf("keyring: there is no directory for the keys: %w", err)
		}
		cfg.Dir = filepath.Join(dir, cfg.Service)
	}
	return cfg.withHooks(), nil
}

func (cfg Config) withHooks() Config {
	if cfg.hooks.library == nil {
		cfg.hooks.library = newLibrary()
	}
	if cfg.hooks.kinds == nil {
		cfg.hooks.kinds = kinds()
	}
	if cfg.hooks.system == "" {
		cfg.hooks.system = runtime.GOOS
	}
	if cfg.hooks.iterations == 0 {
		cfg.hooks.iterations = pbkdf2Iterations
	}
	return cfg
}
