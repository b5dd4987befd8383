package profile

import (
	"context"
	"errors"

	"github.com/chatelaine-go/chatelaine/auth"
)

// Accounts returns the sessions in the keyring of the profile: the one of its server, if there is
// one, and those of servers that it was used with before.
func (p *Profile) Accounts(ctx context.Context) (own *auth.Account, others []auth.Account, err error) {
	if p.Store == nil {
		return nil, nil, nil
	}
	for account, accountErr := range auth.Accounts(ctx, p.Store) {
		switch {
		case accountErr != nil:
			err = errors.Join(err, accountErr)
		case account.Name == p.Server.Origin():
			own = &account
		default:
			others = append(others, account)
		}
	}
	return own, others, err
}

// Remove removes a session of another server. It is not revoked there: nothing is known about that
// server any more.
func (p *Profile) Remove(ctx context.Context, account auth.Account) error {
	session, err := auth.New(auth.Config{BaseURL: account.Name, Account: account.Name, Store: p.Store, InsecureAllowHTTP: true})
	if err != nil {
		return err
	}
	return errors.Join(session.Logout(ctx), session.Close(context.WithoutCancel(ctx)))
}
