// Package storage keeps small secrets, such as the tokens of a login session,
// so that none is lost.
//
//	store, err := keyring.Open(ctx, keyring.Config{Service: "myprogram"})
//	…
//	err = store.Update(ctx, "default", func(ctx context.Context, old []byte) ([]byte, error) {
//		return refresh(ctx, old) // under a lock that no other process holds meanwhile
//	})
//
// A [Store] has two methods. A session changes only by reading, deciding and
// writing, so there is no Save, and no way to overwrite by accident what another
// program has just written.
//
// # Usage
//
// [NewMemory] is a Store for tests and for sessions that end with the process.
// [OpenSealed] is a Store of encrypted files whose key comes from a
// [KeySource]. Package [github.com/chatelaine-go/chatelaine/storage/keyring]
// opens one whose key is in the keyring of the operating system, and package
// [github.com/chatelaine-go/chatelaine/storage/storagetest] checks stores of
// your own. Stores that machines share are in package
// [github.com/chatelaine-go/chatelaine/storage/sqlstore] and others like it;
// [Seal] encrypts what they keep.
//
// When Update of a [Sealed] store returns nil, the value is on the disk. When
// the process is killed, the power fails, or the disk is full, at any moment,
// the previous value or the new one is there, whole. Before the callback runs,
// space is reserved for a value twice as long as the old one (at least 32 KiB),
// because what the callback does, such as spending a refresh token, often cannot
// be done twice. An Update costs the same with one value or 100,000, and a key
// without a value leaves nothing behind.
//
// # Errors
//
// A value that cannot be read is never reported as absent: an error matches
// [io/fs.ErrNotExist] only when it is certain that there is no value.
// Every other reason has an error of its own, listed below; each message says
// what can be done. No error holds a value or an encryption key. A damaged
// file concerns one key: a [Replacer] replaces or removes it.
//
// # Concurrency
//
// Every store is safe for use by many goroutines. Update holds one lock per
// key, among the goroutines of this process and, in a [Sealed] store, all
// processes that share its directory; the lock of a process that dies is free at
// once. Load takes no lock and never waits for an Update.
//
// # Security
//
// Sealed files are encrypted with AES-256-GCM and have a versioned header; docs/format.md in the
// repository describes every byte. They are bound to their key, their service and their place: a
// file that was modified, truncated or swapped is an error. An older file that is put back whole
// cannot be told from the newest one. The directory must be out of reach of other users, which
// [SealedConfig].Dir explains.
//
// Files written by any 1.x version can be read by every later 1.x version. A
// file of a version that is not known yet is left untouched: [ErrTooNew].
package storage
