package keyring

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/internal/lockfile"
	"github.com/chatelaine-go/chatelaine/storage/internal/privatedir"
)

// A Report tells about one backend.
type Report struct {
	Backend  string // in the words of Config.Backend
	Usable   bool   // a test entry could be written, read and removed
	Selected bool   // it is what Open would use
	Err      error  // why it is not usable; nil if it is
	Fix      string // what can be done about it; empty if there is nothing to do
}

// Diagnose tries every backend and tells which ones work here, why the others
// do not, and what to do about it; native ones come first. It takes no longer
// than cfg.Timeout (zero: 5 s) and asks the user nothing by itself; a backend's
// own dialog may show up until then. It leaves nothing behind but the directory
// and a lock file. The file backend is tried with a passphrase of its own.
func Diagnose(ctx context.Context, cfg Config) []Report {
	cfg, cfgErr := cfg.complete()
	if cfg.Timeout <= 0 {
		cfg.Timeout = timeoutShort
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	dirErr := cfgErr
	if dirErr == nil {
		dirErr = tryDir(ctx, cfg)
	}
	reports := make([]Report, len(backends()))
	var wg sync.WaitGroup
	for i, name := range backends() {
		wg.Go(func() { reports[i] = diagnose(ctx, newBackend(name, cfg), dirErr) })
	}
	wg.Wait()
	return reports
}

func diagnose(ctx context.Context, b *backend, dirErr error) Report {
	r := Report{Backend: b.name, Selected: selected(b.cfg) == b.name}
	if r.Err = b.missing(); r.Err == nil {
		r.Err = dirErr
	}
	if r.Err == nil {
		r.Err = b.try(ctx)
	}
	if r.Err == nil && r.Selected {
		r.Err = b.tryKey(ctx)
	}
	r.Usable = r.Err == nil
	if !r.Usable {
		r.Fix = fix(b.name, r.Err, dirErr)
	}
	return r
}

func selected(cfg Config) string {
	if c, err := readChoice(cfg); err == nil && c.Ready {
		return c.Backend
	}
	if cfg.Backend != "" {
		return cfg.Backend
	}
	return nativeBackend(cfg.seams.platform)
}

// tryDir proves that the directory can be made, locked and written.
func tryDir(ctx context.Context, cfg Config) error {
	if _, err := privatedir.Ensure(cfg.Dir); err != nil {
		return fmt.Errorf("keyring: %w", certain(err))
	}
	lock, err := lockfile.Shared(ctx, filepath.Join(cfg.Dir, cfg.Service+".lock"))
	if err == nil {
		lock.Unlock()
	} else if !errors.Is(err, lockfile.ErrBusy) {
		return fmt.Errorf("keyring: %w", certain(err))
	}
	temp, err := os.MkdirTemp(cfg.Dir, "test-")
	if err != nil {
		return fmt.Errorf("keyring: %w", certain(err))
	}
	return os.Remove(temp)
}

// try writes, reads and removes an entry.
func (b *backend) try(ctx context.Context) error {
	switch b.name {
	case backendFile:
		if b.cfg.Passphrase == nil {
			return fmt.Errorf("%w: Config.Passphrase is nil", ErrNoPassphrase)
		}
		return b.tryFile(ctx)
	case backendSecretService:
		if b.cfg.seams.fake {
			break
		}
		_, locked, err := b.collection(ctx)
		if err != nil {
			return backendError(b.name, "look", err)
		}
		if locked {
			return fmt.Errorf("%w: %s: the default collection is locked", ErrLocked, b.name)
		}
	}
	return b.probe(ctx)
}

// tryFile tries the file backend in a directory that is gone afterwards.
func (b *backend) tryFile(ctx context.Context) error {
	temp, err := os.MkdirTemp(b.cfg.Dir, "test-")
	if err != nil {
		return fmt.Errorf("keyring: %w", certain(err))
	}
	defer func() { _ = os.RemoveAll(temp) }()
	apart := newBackend(b.name, b.cfg)
	apart.cfg.Dir, apart.password = temp, newItem("test")
	return apart.probe(ctx)
}

// tryKey looks for the encryption key, if one has been created and no
// passphrase is needed to see it.
func (b *backend) tryKey(ctx context.Context) error {
	c, err := readChoice(b.cfg)
	switch {
	case errors.Is(err, errNoChoice):
		return nil
	case err != nil:
		return err
	case !c.Ready:
		return nil
	}
	if b.name == backendFile {
		err = b.checkFile(c.Item)
	} else {
		var key []byte
		if key, err = b.get(ctx, c.Item); err == nil {
			err = c.verify(key)
			clear(key)
		}
	}
	if isAbsent(err) {
		return fmt.Errorf("%w: %s works, but no longer has the entry %s", storage.ErrKeyMissing, b.name, c.Item)
	}
	return err
}

func fix(backend string, err, dirErr error) string {
	switch {
	case dirErr != nil && errors.Is(err, dirErr):
		return "choose a directory of your own that can be written (the Dir setting)"
	case errors.Is(err, errOtherPlatform):
		return ""
	case errors.Is(err, errForeignBus):
		return "unset DBUS_SESSION_BUS_ADDRESS, which is left over from another login, or log in to a desktop session of your own; or choose the backend \"file\" or \"pass\""
	case errors.Is(err, storage.ErrKeyMissing), errors.Is(err, storage.ErrCorrupt):
		return "restore the entry from a backup of the keyring, or purge the store and sign in again"
	case errors.Is(err, ErrNoPassphrase):
		return "give a passphrase: a prompt, a file with mode 0600, or a file descriptor"
	}
	if errors.Is(err, ErrLocked) {
		if how := unlocking(backend); how != "" {
			return how
		}
	}
	return repairing(backend)
}

func unlocking(backend string) string {
	switch backend {
	case backendSecretService:
		return "unlock the collection in the keyring's program (Passwords and Keys, seahorse), or log in with your password instead of automatically"
	case backendKeychain:
		return "run security unlock-keychain, or unlock it in Keychain Access"
	default:
		return ""
	}
}

func repairing(backend string) string {
	switch backend {
	case backendSecretService:
		return "log in to a desktop session with a keyring (gnome-keyring, KeePassXC, KWallet 6); over ssh or in a container choose the backend \"file\" or \"pass\""
	case backendKWallet:
		return "start the KDE wallet service and allow this program; on Plasma 6 choose \"secret-service\" instead"
	case backendKeychain:
		return "log in at the Mac itself; over ssh run security unlock-keychain first, or choose the backend \"file\""
	case backendWinCred:
		return "log on interactively: Windows keeps no credentials for ssh and other network logons; there choose the backend \"file\""
	case backendPass:
		return "install pass and gpg, run pass init with your key, and see that gpg can decrypt (pass show works)"
	default:
		return "check that the directory is writable and has space"
	}
}
