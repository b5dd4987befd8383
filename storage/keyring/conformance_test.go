package keyring_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storagetest.RunShared(t, func(t *testing.T, dir string) storage.Store {
		t.Helper()
		return open(t, fileConfig(dir))
	})
}
