package keyring

import "fmt"

// PassphraseEnv returns a [Config].Passphrase that reads an environment variable. It is a last
// resort, for places where nothing else can be passed: child processes inherit the environment, and
// other programs of the same user, crash reports and container tools can see it. Prefer
// [PassphraseFile]. An unset or empty variable is an error.
func PassphraseEnv(name string) func(prompt string) (string, error) {
	return func(string) (string, error) {
		value := env(name)
		if value == "" {
			return "", fmt.Errorf("the environment variable %s is not set", name)
		}
		return value, nil
	}
}
