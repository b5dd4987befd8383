package keyring

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

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

// findCollection puts the user's default collection into the settings, without
// asking the user anything. The library would take one named after the service,
// which the user would have to create in a dialog. A locked collection may be
// unlocked by the user, who needs time.
func findCollection(ctx context.Context, b *backend, s *settings) (limit time.Duration, err error) {
	c, err := callWithTimeout(ctx, b.calls, b.limit(timeoutShort), defaultCollection)
	s.collection = c.name
	if c.locked {
		return timeoutLong, err
	}
	return b.kind.limit, err
}

// tryCollection does not try a locked collection, because that would ask the
// user to unlock it.
func tryCollection(ctx context.Context, b *backend) error {
	c, err := callWithTimeout(ctx, b.calls, b.limit(timeoutShort), defaultCollection)
	if err == nil && c.locked {
		err = fmt.Errorf("the default collection: %w", errLocked)
	}
	if err != nil {
		return b.kind.failed("", err)
	}
	return b.probe(ctx)
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

// unescape undoes how the secret service writes names into object paths: other
// characters than letters and digits as an underscore and two hexadecimal
// digits.
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
