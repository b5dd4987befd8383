package keyring

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/godbus/dbus"
)

const (
	secretsName    = "org.freedesktop.secrets"
	secretsPath    = "/org/freedesktop/secrets"
	secretsService = "org.freedesktop.Secret.Service."
	secretsLocked  = "org.freedesktop.Secret.Collection.Locked"
)

type collection struct {
	name   string
	locked bool
}

// collection finds the user's default collection and whether it is locked,
// without asking the user anything. 99designs/keyring would take one named
// after the service, which the user would have to create in a dialog.
func (b *backend) collection(ctx context.Context) (name string, locked bool, err error) {
	limit := timeoutShort
	if b.cfg.Timeout > 0 {
		limit = b.cfg.Timeout
	}
	c, err := bounded(ctx, b.calls, limit, defaultCollection)
	return c.name, c.locked, err
}

func defaultCollection() (collection, error) {
	bus, err := dbus.SessionBus()
	if err != nil {
		return collection{}, fmt.Errorf("no session bus: %w", err)
	}
	var alias dbus.ObjectPath
	if err := bus.Object(secretsName, secretsPath).Call(secretsService+"ReadAlias", 0, "default").Store(&alias); err != nil {
		return collection{}, fmt.Errorf("no secret service on the session bus: %w", err)
	}
	if !strings.HasPrefix(string(alias), secretsPath+"/") {
		return collection{}, errors.New("the secret service has no default collection; log in to the desktop, or create one")
	}
	locked, err := bus.Object(secretsName, alias).GetProperty(secretsLocked)
	if err != nil {
		return collection{}, fmt.Errorf("ask whether the collection is locked: %w", err)
	}
	isLocked, ok := locked.Value().(bool)
	return collection{name: unescape(path.Base(string(alias))), locked: isLocked || !ok}, nil
}

// unescape undoes how the secret service writes names into object paths: what
// is no letter or digit as an underscore and two hexadecimal digits.
func unescape(element string) string {
	var b strings.Builder
	for i := 0; i < len(element); i++ {
		if element[i] == '_' && i+2 < len(element) {
			if c, err := hex.DecodeString(element[i+1 : i+3]); err == nil {
				b.Write(c)
				i += 2
				continue
			}
		}
		b.WriteByte(element[i])
	}
	return b.String()
}

// isLocked recognizes what secret services and wallets say when they are
// locked or the user has dismissed the dialog.
func isLocked(err error) bool {
	var remote dbus.Error
	if errors.As(err, &remote) && remote.Name == "org.freedesktop.Secret.Error.IsLocked" {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "locked object") || strings.Contains(text, "locked collection")
}
