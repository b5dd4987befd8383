package keyring

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage/keyring/internal/busguard"
)

// The packages that had to be guarded are initialized by now.
var _ = busguard.Restore()

// A library reaches the keyrings of the operating systems. This file is all
// that knows which library that is; see docs/architecture.md for what a
// successor would make superfluous.
type library interface {
	// has reports whether the library can be asked for backend in this process.
	has(backend string) bool
	// open opens a backend for one call: an object that has met a locked or
	// missing collection stays broken, and a new one proves that a value is
	// really stored.
	open(settings) (ring, error)
}

// The settings of a call.
type settings struct {
	backend    string
	service    string
	dir        string // file: of the entries
	password   string // file: of the entries
	collection string // secret-service
}

// A ring keeps bytes under the names of items.
type ring interface {
	get(item string) ([]byte, error) // errAbsent if the ring says that there is none
	set(item string, data []byte) error
	remove(item string) error // errAbsent, or nil, if there is none
}

// errNotBuilt is the library's word for a backend that it does not have.
var errNotBuilt = kr.ErrNoAvailImpl

// designs99 is the library github.com/99designs/keyring.
type designs99 struct {
	opener    func(kr.Config) (kr.Keyring, error)
	available func() []kr.BackendType
}

func newLibrary() designs99 { return designs99{kr.Open, kr.AvailableBackends} }

func (l designs99) has(backend string) bool {
	return slices.Contains(l.available(), kr.BackendType(backend))
}

func (l designs99) open(s settings) (ring, error) {
	conf := kr.Config{
		AllowedBackends:                []kr.BackendType{kr.BackendType(s.backend)},
		ServiceName:                    s.service,
		LibSecretCollectionName:        s.collection,
		KeychainTrustApplication:       true, // else every access asks the user
		KeychainAccessibleWhenUnlocked: true,
		FileDir:                        s.dir,
		FilePasswordFunc:               func(string) (string, error) { return s.password, nil },
		KWalletAppID:                   s.service,
		KWalletFolder:                  itemPrefix,
		PassPrefix:                     itemPrefix,
		WinCredPrefix:                  itemPrefix,
	}
	if s.backend == backendKWallet {
		conf.ServiceName = "kdewallet" // for this backend the name of the wallet
	}
	r, err := l.opener(conf)
	if err != nil {
		return nil, err
	}
	return ring99{r, s.service}, nil
}

type ring99 struct {
	kr.Keyring
	service string
}

func (r ring99) get(item string) ([]byte, error) {
	got, err := r.Get(item)
	switch {
	case errors.Is(err, kr.ErrKeyNotFound):
		return nil, errAbsent
	case err != nil:
		return nil, err
	case got.Key != item:
		return nil, fmt.Errorf("the entry %q is inside the entry %q", got.Key, item)
	}
	return base64.RawURLEncoding.DecodeString(string(got.Data))
}

func (r ring99) set(item string, data []byte) error {
	return r.Set(kr.Item{
		Key:         item,
		Data:        []byte(base64.RawURLEncoding.EncodeToString(data)),
		Label:       r.service,
		Description: "encryption key of " + r.service,
	})
}

func (r ring99) remove(item string) error {
	err := r.Remove(item)
	if errors.Is(err, kr.ErrKeyNotFound) {
		return errAbsent
	}
	return err
}
