package storage_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
)

// A package that does not import storage recognizes the two errors by their
// methods.
func TestErrorsByShape(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("save: %w", storage.ErrLost)
	var lost interface{ Lost() bool }
	if !errors.As(wrapped, &lost) || !lost.Lost() || !errors.Is(wrapped, storage.ErrLost) {
		t.Errorf("ErrLost is not recognized: %v", wrapped)
	}
	wrapped = fmt.Errorf("load: %w", storage.ErrDataLost)
	var dataLost interface{ DataLost() bool }
	if !errors.As(wrapped, &dataLost) || !dataLost.DataLost() || !errors.Is(wrapped, storage.ErrDataLost) {
		t.Errorf("ErrDataLost is not recognized: %v", wrapped)
	}
	if errors.As(wrapped, &lost) || errors.Is(wrapped, fs.ErrNotExist) {
		t.Errorf("ErrDataLost matches more than it should: %v", wrapped)
	}
}
