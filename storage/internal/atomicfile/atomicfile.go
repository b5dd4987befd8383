// Package atomicfile replaces files so that a kill, a full disk or a power
// failure at any moment leaves the previous content or the new one.
//
// A replacement is written to a temporary file, on the same file system, and
// renamed. What killed processes leave of them is found by listing the
// directory of the temporary files, which therefore should hold nothing else
// when the directory of the files is large.
//
// # Usage
//
//	p, err := atomicfile.Begin(path, temps, size)
//	if err != nil {
//		return err
//	}
//	defer p.Abort()
//	err = p.Commit(data)
//
// # Errors
//
// After an error the previous content is still there. [Read] refuses
// what is not a regular file with [ErrUnexpected].
//
// # Concurrency
//
// Writers of one file must hold a lock, such as that of package lockfile. Readers need none: they see
// the previous content or the new one.
//
// # Security
//
// Files are readable and writable by their owner only.
package atomicfile

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrUnexpected is matched by the error of [Read] about something that this
// package did not put there: a symbolic link, a device, a huge file.
var ErrUnexpected = errors.New("not a file of the expected kind")

const tempInfix = ".tmp-"

// Read returns the content of the regular file at path. A symbolic link, a
// device, or a file of more than limit bytes is an error.
func Read(path string, limit int64) ([]byte, error) {
	f, err := openFile(path)
	if isLoop(err) {
		return nil, fmt.Errorf("%w: %s is a symbolic link", ErrUnexpected, path)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrUnexpected, path)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%w: %s has %d bytes, more than %d", ErrUnexpected, path, info.Size(), limit)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

// A Pending is a replacement that has its place on the disk but no content
// yet. Exactly one of Commit and Abort ends it; Abort after Commit does
// nothing.
type Pending struct {
	path string
	temp *os.File
}

// Begin makes sure that the file at path can be replaced by size bytes: a
// temporary file in the directory temps exists, has its blocks, and is on the
// disk. A directory temps of its own is made, with mode 0700, if it is missing;
// then whether a file can be renamed into that of path is checked as well.
func Begin(path, temps string, size int64) (*Pending, error) {
	dir := filepath.Dir(path)
	if temps != dir {
		if err := checkWritable(dir); err != nil {
			return nil, err
		}
	}
	name := filepath.Join(temps, filepath.Base(path)+tempInfix+rand.Text())
	f, err := create(name)
	if errors.Is(err, fs.ErrNotExist) && temps != dir {
		if err := os.Mkdir(temps, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		f, err = create(name)
	}
	if err != nil {
		return nil, err
	}
	p := &Pending{path: path, temp: f}
	if err := reserve(f, size); err != nil {
		p.Abort()
		return nil, fmt.Errorf("reserve %d bytes beside %s: %w", size, path, err)
	}
	if err := f.Sync(); err != nil {
		p.Abort()
		return nil, fmt.Errorf("sync: %w", err)
	}
	return p, nil
}

func create(name string) (*os.File, error) {
	return os.OpenFile(filepath.Clean(name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// Commit replaces the file by data and returns when that is on the disk and
// has been read back. On error the old content stays, unless the error came
// from the very last step, the sync of the directory and the reading back.
func (p *Pending) Commit(data []byte) error {
	defer p.Abort()
	if err := p.write(data); err != nil {
		return err
	}
	name := p.temp.Name()
	err := p.temp.Close()
	p.temp = nil
	if err == nil {
		err = rename(name, p.path)
	}
	if err != nil {
		_ = os.Remove(name)
		return fmt.Errorf("replace: %w", err)
	}
	if err := syncDir(filepath.Dir(p.path)); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	got, err := Read(p.path, int64(len(data)))
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if !bytes.Equal(got, data) {
		return errors.New("read back: the disk returned other bytes than were written")
	}
	return nil
}

// write brings data to the disk under the temporary name and compares it
// there, while the old content can still be kept.
func (p *Pending) write(data []byte) error {
	if _, err := p.temp.WriteAt(data, 0); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := p.temp.Truncate(int64(len(data))); err != nil {
		return fmt.Errorf("cut to size: %w", err)
	}
	if err := p.temp.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	got := make([]byte, len(data))
	if _, err := p.temp.ReadAt(got, 0); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if !bytes.Equal(got, data) {
		return errors.New("read back: the disk returned other bytes than were written")
	}
	return nil
}

// Abort drops the replacement.
func (p *Pending) Abort() {
	if p.temp == nil {
		return
	}
	_ = p.temp.Close()
	_ = os.Remove(p.temp.Name())
	p.temp = nil
}

// Write replaces the file at path by data: [Begin], with the temporary file
// beside it, and [Pending.Commit] in one.
func Write(path string, data []byte) error {
	p, err := Begin(path, filepath.Dir(path), int64(len(data)))
	if err != nil {
		return err
	}
	return p.Commit(data)
}

// Remove durably removes the file at path, if it is there.
func Remove(path string) error {
	if err := remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Sync brings a file that others wrote to the disk, with mode 0600.
func Sync(path string) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
