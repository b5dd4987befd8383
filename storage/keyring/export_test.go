package keyring

import (
	"runtime"

	kr "github.com/99designs/keyring"
)

// Hurried returns cfg with a passphrase that is hardly stretched.
func Hurried(cfg Config) Config {
	cfg.hooks.iterations = 2
	return cfg
}

// Faked returns cfg with a keyring of the test's own, on a platform of its
// choice.
func Faked(cfg Config, platform string, open func(kr.Config) (kr.Keyring, error)) Config {
	cfg.hooks.library, cfg.hooks.system = designs99{opener: open, available: everything}, platform
	cfg.hooks.kinds = kinds()
	for i := range cfg.hooks.kinds {
		k := &cfg.hooks.kinds[i]
		k.systems, k.lacks, k.absent, k.prepare, k.wrap, k.try, k.look = []string{runtime.GOOS}, nil, nil, nil, nil, nil, nil
	}
	return cfg
}

// Libraried returns cfg with a keyring of the test's own for each backend,
// except for the file backend, which is the real one.
func Libraried(cfg Config, open func(backend string) (kr.Keyring, error)) Config {
	cfg = Faked(cfg, "linux", func(c kr.Config) (kr.Keyring, error) {
		if c.AllowedBackends[0] == kr.FileBackend {
			return kr.Open(c)
		}
		return open(string(c.AllowedBackends[0]))
	})
	for i := range cfg.hooks.kinds {
		if cfg.hooks.kinds[i].name == backendFile {
			cfg.hooks.kinds[i] = find(kinds(), backendFile)
		}
	}
	return cfg
}

func everything() []kr.BackendType {
	var all []kr.BackendType
	for _, name := range names(kinds()) {
		all = append(all, kr.BackendType(name))
	}
	return all
}

// Checksum is what stands below the line of a manifest.
func Checksum(line []byte) string { return checksum(line) }

// CheckHeader checks the header of an entry of the file backend.
func CheckHeader(jwe string) error { return checkHeader(jwe) }
