// Package keyring opens a store of sealed files whose encryption key is in the
// keyring of the operating system.
//
//	store, err := keyring.Open(ctx, keyring.Config{Service: "myprogram"})
//
// It uses [github.com/99designs/keyring] only to keep a key of 32 random bytes, which it creates
// once. The values themselves are in files of package [storage]. So a value may be longer than
// keyrings take, saving one involves neither daemon nor prompt, and a keyring that is locked, is
// killed or fills up cannot lose it.
//
// # Usage
//
// Without [Config.Backend] the native keyring is used: the Secret Service on
// Linux (GNOME, KDE, KeePassXC), the Keychain on macOS, the Credential Manager
// on Windows. Before its first use a test entry is written, read and removed.
// Which backend was used is remembered beside the values. It never changes by
// itself, and nothing falls back to another keyring, least of all to plain text.
//
// Where there is no such keyring, over ssh, in a container, in CI, under cron,
// name another backend: "file" is a file in [Config.Dir], encrypted with
// [Config.Passphrase]; "pass" is the password store of that name.
// [Config.Backends] names several, of which the first that works at the first
// Open is remembered. A program that runs both in a desktop session and under
// cron needs a backend that works in both: [Move] moves the key of a store to
// another one, and no session is lost. [Diagnose] reports for every backend
// whether it works here, why not, and what to do.
//
// The passphrase of the file backend comes from a user ([PassphrasePrompt]), a
// file that a service manager mounts ([PassphraseFile]), a parent process
// ([PassphraseFD]), or, where nothing else is possible, the environment
// ([PassphraseEnv]). It is stretched, which takes about 0.1 s of CPU time,
// unless [Config.RandomKey] declares it to be a random key.
//
// # Errors
//
// Open and the store's methods return the errors of package storage, and: [ErrLocked] when the
// keyring has to be unlocked, [ErrUnavailable] when it is missing, does not respond in time or does
// not work, [ErrOtherBackend] when another backend holds the key, [ErrWrongPassphrase] and
// [ErrNoPassphrase]. The message tells a person what to do; [Error] has the same for the program. A
// keyring that says "not found" is not believed while there are values: that is
// [storage.ErrKeyMissing], and the key is not created anew. Use [Purge] to remove a store that can
// no longer be opened.
//
// # Concurrency
//
// A [Store] is safe for use by many goroutines, and many processes may have the
// same directory open. A process that has opened the store keeps the key in
// memory, so a keyring that is locked afterwards does not disturb it. A backend
// call that does not return in time continues in the background, because nothing
// can stop it; at most one does per store.
//
// # Security
//
// The library underneath connects to the D-Bus session bus when a program that imports it starts.
// This package keeps that from hanging on a bus that does not respond, from starting one where
// there is none, and from speaking to another user's: it tries the bus first, for at most 0.7 s per
// address. A keyring does not protect against other programs of the same user.
package keyring
