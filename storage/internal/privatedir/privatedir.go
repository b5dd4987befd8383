// Package privatedir makes and checks directories that only their owner may
// enter.
//
// # Usage
//
//	resolved, err := privatedir.Ensure(path)
//
// # Errors
//
// [ErrUntrusted] is matched by the error about a directory that other users could change or look
// into.
//
// # Concurrency
//
// Functions are safe for concurrent use, also from several processes.
//
// # Security
//
// A directory that other users can write to is refused, because they could replace the files in it.
package privatedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks bounds the symbolic links that one path may go through, as the
// kernel does.
const maxLinks = 40

// ErrUntrusted is matched by the error about a directory, or one of its
// parents, that another user could replace or look into.
var ErrUntrusted = errors.New("other users have access")

// Ensure makes the directory at path, and any parents, with mode 0700 if they
// are missing, and returns its path without symbolic links.
//
// The directory must belong to this process's user, and no other user may write
// to it. Permission for others to read it is removed, but never through a
// symbolic link. Each directory above it must belong to this user or to root,
// and be writable by no other user unless it has the sticky bit. A symbolic link
// on the way must belong to this user or to root as well.
//
// On Windows the access control lists say who may write. The owner may be an
// administrator or the system as well, and of the directories above only those
// are refused that a group of all users may replace or empty.
func Ensure(path string) (resolved string, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	w := walk{rest: split(abs[len(root(abs)):])}
	if err := w.enter(root(abs)); err != nil {
		return "", err
	}
	for len(w.rest) > 0 {
		if err := w.step(); err != nil {
			return "", err
		}
	}
	return w.at, checkLast(w.at, w.info, w.linked)
}

// A walk follows a path, one element after the other, so that each is checked
// before anything below it is trusted.
type walk struct {
	at     string      // a directory, named without symbolic links
	info   fs.FileInfo // of at
	rest   []string    // the elements still to go
	links  int
	linked bool // the last element of the path was a symbolic link
}

// step advances by one element.
func (w *walk) step() error {
	if err := checkParent(w.at, w.info); err != nil {
		return err
	}
	name := w.rest[0]
	w.rest = w.rest[1:]
	if name == ".." { // in the target of a link; at has no links in it
		return w.enter(filepath.Dir(w.at))
	}
	return w.enter(filepath.Join(w.at, name))
}

// enter makes next the current directory. It makes it if it is missing, and
// follows it if it is a symbolic link.
func (w *walk) enter(next string) error {
	info, err := os.Lstat(next)
	if errors.Is(err, fs.ErrNotExist) {
		if err := mkdir(next); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make directory: %w", err)
		}
		info, err = os.Lstat(next)
	}
	switch {
	case err != nil:
		return fmt.Errorf("look at directory: %w", err)
	case isLink(info):
		return w.follow(next, info)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", next)
	}
	w.at, w.info = next, info
	return nil
}

// follow replaces a symbolic link by its target.
func (w *walk) follow(link string, info fs.FileInfo) error {
	w.links++
	if w.links > maxLinks {
		return fmt.Errorf("%s: too many symbolic links", link)
	}
	if err := checkLink(link, info); err != nil {
		return err
	}
	target, err := os.Readlink(link)
	if err != nil {
		return fmt.Errorf("look at symbolic link: %w", err)
	}
	w.linked = w.linked || len(w.rest) == 0
	if !filepath.IsAbs(target) && filepath.VolumeName(w.at) != "" && strings.IndexFunc(target, isSeparator) == 0 {
		target = filepath.VolumeName(w.at) + target // Windows: a path on the same volume
	}
	top := root(target)
	w.rest = append(split(target[len(top):]), w.rest...)
	if top == "" {
		return nil
	}
	return w.enter(top)
}

// root returns the part of an absolute path that has no parent: "/", or a
// volume with its separator. A relative path has none.
func root(path string) string {
	if !filepath.IsAbs(path) {
		return ""
	}
	return filepath.VolumeName(path) + string(filepath.Separator)
}

// split returns the elements of a relative path.
func split(path string) []string {
	var elements []string
	for _, e := range strings.FieldsFunc(path, isSeparator) {
		if e != "." {
			elements = append(elements, e)
		}
	}
	return elements
}

func isSeparator(r rune) bool { return r == '/' || r == filepath.Separator }
