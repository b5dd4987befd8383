package keyring

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"time"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage/keyring/internal/busguard"
)

// The packages that had to be guarded are initialized by now.
var _ = busguard.Restore()

const (
	timeoutShort = 5 * time.Second
	timeoutLong  = time.Minute // the user may be asked something, or the disk be slow
)

// A backend is one backend of 99designs/keyring, opened anew for every call:
// an object that has met a locked or missing collection stays broken, and a
// fresh one proves that a value is really stored.
type backend struct {
	name     string
	cfg      Config
	calls    caller
	password string // file: the stretched passphrase
}

func newBackend(name string, cfg Config) *backend {
	return &backend{name: name, cfg: cfg, calls: newCaller()}
}

// nativeBackend is the one that a platform's users expect; none is "".
func nativeBackend(platform string) string {
	switch platform {
	case "linux", "android":
		return backendSecretService
	case "darwin":
		return backendKeychain
	case "windows":
		return backendWinCred
	default:
		return ""
	}
}

// get returns the bytes stored under item; errAbsent if the backend says so.
func (b *backend) get(ctx context.Context, item string) ([]byte, error) {
	if err := b.checkFile(item); err != nil {
		return nil, err
	}
	return b.run(ctx, "read", func(ring kr.Keyring) ([]byte, error) {
		got, err := ring.Get(item)
		if err != nil {
			return nil, b.decoding(item, err)
		}
		if got.Key != item {
			return nil, fmt.Errorf("the entry %q is inside the entry %q", got.Key, item)
		}
		return base64.RawURLEncoding.DecodeString(string(got.Data))
	})
}

// set stores data under item and brings it to the disk if that is up to us.
func (b *backend) set(ctx context.Context, item string, data []byte) error {
	_, err := b.run(ctx, "write", func(ring kr.Keyring) ([]byte, error) {
		if err := b.prepareFile(); err != nil {
			return nil, err
		}
		err := ring.Set(kr.Item{
			Key:         item,
			Data:        []byte(base64.RawURLEncoding.EncodeToString(data)),
			Label:       b.cfg.Service,
			Description: "encryption key of " + b.cfg.Service,
		})
		if err != nil {
			return nil, err
		}
		return nil, b.syncFile(item)
	})
	return err
}

// remove removes item; that there is none is no error.
func (b *backend) remove(ctx context.Context, item string) error {
	_, err := b.run(ctx, "remove", func(ring kr.Keyring) ([]byte, error) {
		return nil, ignoreAbsent(ring.Remove(item))
	})
	return err
}

// run opens the backend and calls fn, within the time limit.
func (b *backend) run(ctx context.Context, what string, fn func(kr.Keyring) ([]byte, error)) ([]byte, error) {
	if err := b.missing(); err != nil {
		return nil, err
	}
	conf, limit, err := b.prepare(ctx)
	if err != nil {
		return nil, backendError(b.name, what, err)
	}
	data, err := bounded(ctx, b.calls, limit, func() ([]byte, error) {
		ring, err := b.cfg.seams.open(conf)
		if err != nil {
			return nil, err
		}
		return fn(ring)
	})
	if err != nil {
		return nil, backendError(b.name, what, err)
	}
	return data, nil
}

// prepare returns the configuration of 99designs/keyring, and how long a call
// may take.
func (b *backend) prepare(ctx context.Context) (kr.Config, time.Duration, error) {
	conf := kr.Config{
		AllowedBackends:                []kr.BackendType{kr.BackendType(b.name)},
		ServiceName:                    b.cfg.Service,
		KeychainTrustApplication:       true, // else every access asks the user
		KeychainAccessibleWhenUnlocked: true,
		FileDir:                        b.fileDir(),
		FilePasswordFunc:               func(string) (string, error) { return b.password, nil },
		KWalletAppID:                   b.cfg.Service,
		KWalletFolder:                  itemPrefix,
		PassPrefix:                     itemPrefix,
		WinCredPrefix:                  itemPrefix,
	}
	if b.name == backendKWallet {
		conf.ServiceName = "kdewallet" // for this backend the name of the wallet
	}
	limit := timeoutLong
	if b.name == backendSecretService || b.name == backendWinCred {
		limit = timeoutShort
	}
	if b.name == backendSecretService && !b.cfg.seams.fake {
		collection, locked, err := b.collection(ctx)
		if err != nil {
			return conf, 0, err
		}
		conf.LibSecretCollectionName = collection
		if locked {
			limit = timeoutLong
		}
	}
	if b.cfg.Timeout > 0 {
		limit = b.cfg.Timeout
	}
	return conf, limit, nil
}

// fileDir is where the file backend keeps its entries: nothing else may lie
// there, because it takes every file for one.
func (b *backend) fileDir() string { return filepath.Join(b.cfg.Dir, "keys") }
