//go:build !unix && !windows

package privatedir

import (
	"io/fs"
	"os"
)

// These systems have no other users (js, wasip1), or say who may write in words
// that this package does not know (plan9).

func mkdir(path string) error { return os.Mkdir(path, 0o700) }

func isLink(info fs.FileInfo) bool { return info.Mode()&fs.ModeSymlink != 0 }

func checkParent(string, fs.FileInfo) error { return nil }

func checkLink(string, fs.FileInfo) error { return nil }

func checkLast(string, fs.FileInfo, bool) error { return nil }
