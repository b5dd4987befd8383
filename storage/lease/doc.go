// Package lease turns a database into a store whose lock spans machines.
//
// A [Store] takes a lease before it calls the callback of Update, renews it
// while the callback runs, and saves the result only if no other holder has
// changed the value. No transaction and no connection is held meanwhile: a
// thousand refreshes that wait for a slow identity provider need no more
// connections than one, and a connection that is cut, or a database that
// restarts, while a refresh token is being spent loses nothing.
//
// # Usage
//
// Over a database that is a KV:
//
//	store, err := lease.New(lease.Config{Backend: lease.CAS(kv)})
//	…
//	defer store.Close(ctx)
//
// A database joins in as a [Backend], four methods for one that has statements
// or scripts, or as a [KV], two methods for one that has conditional writes
// only. Packages sqlstore, redis and nats beside this one have done that.
//
// # What the lease guarantees
//
// A newer value is never overwritten: the save is conditional on the version that the callback was
// given. While the lease lasts, no other holder is let in. A holder that dies keeps others out for
// at most Config.TTL; the next holder learns of it by [Interrupted]. A holder that was stopped for
// longer than the TTL and resumes finds that its context has ended, with the cause
// [storage.ErrLost]. The value that it returns is still saved if no other holder has changed the
// value, because it may be the only token that the server still accepts; otherwise Update returns
// ErrLost, and the newer value stays.
//
// No lock can undo what a holder did elsewhere before it died or stopped. A
// token that was spent and not saved is lost, unless the provider accepts the
// old one again for a while; docs/fleet.md has the cases.
//
// # Errors
//
// Errors match those of package storage. When the database cannot be reached,
// no callback runs. Once a callback has returned a value, the store tries to
// save it for Config.SaveTimeout.
//
// # Concurrency
//
// All methods are safe for concurrent use. The goroutines of one store queue
// for a key among themselves; one of them asks the database. The context of a
// caller ends its wait at once. After [Store.Close] has returned nil, no
// goroutine of the store is left.
//
// # Security
//
// Values are stored as they are given; package storage has Seal to encrypt
// them. Keys and the random names of holders are readable in the database.
package lease
