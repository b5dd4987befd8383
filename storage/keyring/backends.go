package keyring

import (
	"context"
	"runtime"
	"slices"
	"time"
)

// The names of the backends, as in [Config.Backend].
const (
	backendSecretService = "secret-service"
	backendKeychain      = "keychain"
	backendWinCred       = "wincred"
	backendKWallet       = "kwallet"
	backendPass          = "pass"
	backendFile          = "file"
)

const (
	timeoutShort = 5 * time.Second
	timeoutLong  = time.Minute // the user may be asked something, or the disk be slow
)

// instead is the advice where a keyring cannot work at all.
const instead = `choose the backend "file" or "pass"`

// A kind is all that one backend differs in from the others. Functions that it
// does not need are nil.
type kind struct {
	name      string
	title     string        // for people
	systems   []string      // where it exists, in the words of runtime.GOOS
	nativeOn  []string      // whose users expect it
	limit     time.Duration // of a call
	encrypted bool          // with a passphrase that Config.Passphrase returns
	unlock    string        // what to do when it is locked
	repair    string        // what to do when it does not work

	// lacks reports what the backend needs and this process does not have.
	lacks func() error
	// absent reports why the library does not have it in this process.
	absent func() error
	// prepare completes the settings of a call, which may change its limit.
	prepare func(context.Context, *backend, *settings) (limit time.Duration, err error)
	// wrap makes up for what the library leaves undone.
	wrap func(*backend, ring) ring
	// try is what Diagnose does in place of a probe.
	try func(context.Context, *backend) error
	// look is what Diagnose does in place of reading the key.
	look func(b *backend, item string) error
}

// kinds is the table of the backends, native ones first.
func kinds() []kind {
	linux, unix := []string{"linux"}, []string{"linux", "darwin", "freebsd", "netbsd", "openbsd", "dragonfly", "android"}
	return []kind{
		{
			name: backendSecretService, title: "the desktop's keyring", systems: linux, nativeOn: []string{"linux", "android"}, limit: timeoutShort,
			unlock: "unlock the collection in the keyring's program (Passwords and Keys, seahorse), or log in with your password instead of automatically",
			repair: "log in to a desktop session with a keyring (gnome-keyring, KeePassXC, KWallet 6); over ssh, in a container or under cron " + instead,
			absent: whyNoBus, prepare: findCollection, try: tryCollection,
		},
		{
			name: backendKeychain, title: "the macOS Keychain", systems: []string{"darwin"}, nativeOn: []string{"darwin"}, limit: timeoutLong,
			unlock: "run security unlock-keychain, or unlock it in Keychain Access",
			repair: `log in at the Mac itself; over ssh run security unlock-keychain first, or choose the backend "file"`,
			absent: whyNoCgo,
		},
		{
			name: backendWinCred, title: "the Windows Credential Manager", systems: []string{"windows"}, nativeOn: []string{"windows"}, limit: timeoutShort,
			repair: `log on interactively: Windows keeps no credentials for ssh and other network logons; there choose the backend "file"`,
		},
		{
			name: backendKWallet, title: "KWallet", systems: linux, limit: timeoutLong,
			unlock: "unlock it in KWalletManager, and allow this program",
			repair: `start the KDE wallet service and allow this program; on Plasma 6 choose "secret-service" instead`,
			absent: whyNoBus,
		},
		{
			name: backendPass, title: "the password store pass", systems: unix, limit: timeoutLong,
			repair: "install pass and gpg, run pass init with your key, and see that gpg can decrypt (pass show works)",
			lacks:  lacksPass, wrap: func(_ *backend, r ring) ring { return passRing{r} },
		},
		{
			name: backendFile, title: "the encrypted key file", systems: append(slices.Clone(unix), "windows"), limit: timeoutLong, encrypted: true,
			repair: "check that the directory is writable and has space",
			wrap:   func(b *backend, r ring) ring { return fileRing{r, b.fileDir()} }, try: tryFile, look: (*backend).lookAtFile,
		},
	}
}

func names(table []kind) []string {
	all := make([]string, 0, len(table))
	for i := range table {
		all = append(all, table[i].name)
	}
	return all
}

// find returns the row of a backend whose name has been checked.
func find(table []kind, name string) kind {
	i := slices.IndexFunc(table, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{name: name, title: "a backend that this version does not know"}
	}
	return table[i]
}

// native returns the backend that the users of a system expect, or "".
func native(table []kind, system string) string {
	for i := range table {
		if slices.Contains(table[i].nativeOn, system) {
			return table[i].name
		}
	}
	return ""
}

// missing reports why a backend cannot be tried at all in this process, or nil.
func (k kind) missing(l library) error {
	var reason error
	switch {
	case !slices.Contains(k.systems, runtime.GOOS):
		reason = errOtherSystem
	case k.lacks != nil:
		reason = k.lacks()
	}
	if reason == nil && !l.has(k.name) {
		reason = errNotBuilt
		if k.absent != nil {
			reason = k.absent()
		}
	}
	if reason == nil {
		return nil
	}
	return k.failed("", reason)
}
