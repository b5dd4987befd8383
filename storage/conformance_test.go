package storage_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

func TestMemoryConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storage.Store { return storage.NewMemory() })
}

func TestSealedConformance(t *testing.T) {
	t.Parallel()
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return open(t, config(dir))
	})
}
