//go:build !unix

package atomicfile_test

import "testing"

// wantPrivate checks nothing: modes say nothing here. On Windows a file has the access control list
// of its directory, which package privatedir looks after.
func wantPrivate(*testing.T, string) {}
