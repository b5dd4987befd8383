package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Sweep removes the temporary files that killed processes left in the directory
// temps, if there is one: those at least as old as age whose target has a name
// for which belongs reports true.
func Sweep(temps string, age time.Duration, belongs func(target string) bool) error {
	entries, err := os.ReadDir(temps)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		target, _, temporary := strings.Cut(e.Name(), tempInfix)
		if !temporary || !belongs(target) {
			continue
		}
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < age {
			continue
		}
		if err := os.Remove(filepath.Join(temps, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
