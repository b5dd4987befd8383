//go:build !unix && !windows

package atomicfile

import (
	"os"
	"path/filepath"
)

func openFile(path string) (*os.File, error) { return os.Open(filepath.Clean(path)) }

func isLoop(error) bool { return false }

func rename(from, to string) error { return os.Rename(from, to) }

func remove(path string) error { return os.Remove(path) }

// checkWritable does nothing: the attempt will tell.
func checkWritable(string) error { return nil }

// syncDir does nothing, because directories cannot be flushed here.
func syncDir(string) error { return nil }
