package profile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// currentFile names the profile that is used if none is named.
const currentFile = "current"

// Current returns the profile that is used if none is named: the one that [Use] chose last, or
// [Default].
func Current(root string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Default, nil
	}
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(string(data))
	if _, err := In(root, name); err != nil {
		return "", errors.New("the file " + filepath.Join(root, currentFile) + " does not hold the name of a profile")
	}
	return name, nil
}

// Use makes a profile the one that is used if none is named.
func Use(root, name string) error {
	if _, err := In(root, name); err != nil {
		return err
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return err
	}
	return replace(filepath.Join(root, currentFile), []byte(name+"\n"))
}

// replace writes a file in one step: a reader finds the old one or the new one.
func replace(path string, data []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
