package keyring

import kr "github.com/99designs/keyring"

// Hurried returns cfg with a passphrase that is hardly stretched.
func Hurried(cfg Config) Config {
	cfg.seams.iterations = 2
	return cfg
}

// Faked returns cfg with a keyring of the test's own, on a platform of its
// choice.
func Faked(cfg Config, platform string, open func(kr.Config) (kr.Keyring, error)) Config {
	cfg.seams.open, cfg.seams.platform = open, platform
	return cfg
}

// Checksum is what stands below the line of a remembered choice.
func Checksum(line []byte) string { return checksum(line) }

// CheckHeader checks the header of an entry of the file backend.
func CheckHeader(jwe string) error { return checkHeader(jwe) }
