package lease

import (
	"fmt"
	"sync"

	"github.com/chatelaine-go/chatelaine/storage"
)

// An Epoch helps a [Backend] to tell an absent value from lost data. When a
// database is set up, a marker with a random text is written to it. A backend
// reads the marker and calls Check before its first operation, and whenever it
// finds a value absent that was never deleted. The zero value is
// ready to use; it is safe for concurrent use.
type Epoch struct {
	mu    sync.Mutex
	first string
}

// Check returns an error that matches [storage.ErrDataLost] if there is no
// marker, or another one than at the first call: the database was wiped, or
// wiped and set up again, so the absence of a value means nothing.
func (e *Epoch) Check(marker string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case marker == "":
		return fmt.Errorf("%w: the marker of its setup is missing; restore the database, or set it up "+
			"(Migrate, Provision) and restart the programs that use it", storage.ErrDataLost)
	case e.first == "":
		e.first = marker
		return nil
	case e.first != marker:
		return fmt.Errorf("%w: it was set up again while this program ran; restore the database, or restart "+
			"this program to give the sessions up", storage.ErrDataLost)
	default:
		return nil
	}
}

// Known reports whether Check has seen a marker.
func (e *Epoch) Known() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.first != ""
}
