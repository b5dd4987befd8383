package memory_test

import (
	"testing"

	"github.com/chatelaine-go/chatelaine/auth/internal/memory"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// TestConformance: the store of sessions that live in memory keeps the contract of all stores.
func TestConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storage.Store { return memory.New() })
}
