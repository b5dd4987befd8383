//go:build !unix

package keyring

import "io/fs"

const openNonblocking = 0

func checkPassphraseFile(string, fs.FileInfo) error { return nil }
